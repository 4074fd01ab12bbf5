from __future__ import annotations

import json


def request(rectifier, *arguments):
    ran = rectifier("calibrate", *arguments, "--request")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_options_of_the_plan_go_before_the_plan(rectifier, twins):
    plan = '{"seed": 3, "confidence_level": 0.8}'
    said = ("--plan", plan, "--confidence-level", "0.9", "--estimand", "mean", "--costs", "human=5,llm=1", "--compare")
    asked = request(rectifier, *twins, *said)
    assert asked["plan"] == {
        "seed": 3,
        "confidence_level": 0.9,
        "compare": True,
        "estimand": {"type": "mean"},
        "costs": {"human": 5, "llm": 1},
    }
    assert asked["data"]["prediction_design"] == "shared"
    assert [p["arm"] for p in asked["data"]["predictions"]] == ["control", "treatment"]
    assert len(asked["data"]["arm"]) == len(asked["data"]["outcomes"]["trust"]) == 720


def test_without_options_there_is_no_plan(rectifier, twins):
    assert set(request(rectifier, *twins)) == {"data"}


def test_models_are_stated(rectifier, twins):
    stated = {"llm": {"version": "x-1"}}
    assert request(rectifier, *twins, "--models", json.dumps(stated))["models"] == stated


def test_missing_words_are_told_and_then_read(rectifier, twins, tmp_path):
    file = tmp_path / "na.csv"
    rows = ["arm,trust,llm_control,llm_treatment", "control,3,3,4", "NA,NA,3,5"]
    file.write_text("\n".join(rows) + "\n")
    ran = rectifier("calibrate", file, *twins[1:])
    assert ran.status == 1
    assert "column trust, row 2 below the header" in ran.err
    assert "--na NA" in ran.err
    asked = request(rectifier, file, *twins[1:], "--na", "NA")
    assert asked["data"]["arm"] == ["control", None]
    assert asked["data"]["outcomes"] == {"trust": [3, None]}
