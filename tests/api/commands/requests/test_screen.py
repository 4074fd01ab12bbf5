from __future__ import annotations

import json

import pytest

ROWS = "name,llm,llm_se,effect,human_se,p_value\nh1,0.5,0.02,,,0.004\nh2,0.3,0.02,0.2,0.14,\nh3,-0.4,0.02,,,\n"


@pytest.fixture
def hypotheses(tmp_path):
    file = tmp_path / "hypotheses.csv"
    file.write_text(ROWS)
    return file


def test_rows_are_hypotheses_asked_of_humans_or_not(rectifier, hypotheses):
    said = ("--column", "human=effect", "--error-rate", "0.1", "--calibration", "slope=0.4,residual_sd=0.15")
    more = ("--weighting", '{"method": "fixed"}', "--multiplicity", "holm", "--models", '{"m": {}}')
    asked = json.loads(rectifier("screen", hypotheses, *said, *more, "--request").out)
    assert [one["human"] for one in asked["hypotheses"]] == [
        {"p_value": 0.004},
        {"estimate": 0.2, "standard_error": 0.14},
        None,
    ]
    assert asked["calibration"] == {"slope": 0.4, "residual_sd": 0.15}
    assert asked["weighting"] == {"method": "fixed"}
    assert (asked["error_rate"], asked["multiplicity"], asked["models"]) == (0.1, "holm", {"m": {}})


def test_effects_and_p_values_together_are_the_services_to_refuse(rectifier, hypotheses):
    hypotheses.write_text(ROWS.replace("0.2,0.14,", "0.2,0.14,0.5"))
    ran = rectifier("screen", hypotheses, "--column", "human=effect")
    assert ran.status == 1
    assert "row 2 below the header" in ran.err


@pytest.mark.parametrize("name", ["human_p_value", "p.value", "P-Value", "pvalue"])
def test_a_result_under_another_name_is_not_left_out_without_a_word(rectifier, hypotheses, name):
    hypotheses.write_text(ROWS.replace("p_value", name))
    ran = rectifier("screen", hypotheses, "--column", "human=effect")
    assert ran.status == 2
    assert f"has a column {name}, which is not read: say --column p_value={name}, or remove it" in ran.err
    assert rectifier("screen", hypotheses, "--column", f"human=effect,p_value={name}", "--request").status == 0
    hypotheses.write_text(ROWS.replace("effect,", "effect,value,").replace("0.02,", "0.02,,"))
    assert rectifier("screen", hypotheses, "--column", "human=effect", "--request").status == 0


def test_human_columns_may_be_left_out(rectifier, hypotheses):
    hypotheses.write_text("name,llm,llm_se\nh1,0.5,0.02\nh2,0.1,0.02\n")
    ran = rectifier("screen", hypotheses)
    assert ran.status == 0
    assert "not asked" in ran.out
