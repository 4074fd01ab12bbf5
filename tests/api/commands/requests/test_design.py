from __future__ import annotations

import json

import pytest

ASSUMED = ("--ppi-correlation", "0.5", "--costs", "human=5,llm=0.02")


def request(rectifier, *arguments):
    ran = rectifier("design", *arguments, "--request")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


@pytest.mark.parametrize(
    ("said", "objective"),
    [
        (("--budget", "100"), {"kind": "budget", "budget": 100}),
        (("--standard-error", "0.1"), {"kind": "standard_error", "standard_error": 0.1}),
        (("--interval-width", "0.1"), {"kind": "interval_width", "interval_width": 0.1}),
        (("--effective-sample-size", "9"), {"kind": "effective_sample_size", "effective_sample_size": 9}),
        (("--equivalence", "0.2"), {"kind": "equivalence", "margin": 0.2}),
        (("--detect", "--effect", "0.3"), {"kind": "power"}),
    ],
)
def test_what_is_wanted(rectifier, said, objective):
    assert request(rectifier, *ASSUMED, *said)["objective"] == objective


def test_assumed_quantities_limits_and_the_rest(rectifier):
    said = (
        "--ppi-correlation",
        "a=0.6,b=0.3",
        "--model-correlation",
        "0.4",
        "--costs",
        "human=5,llm.a=1,llm.b=2,budget=9",
    )
    arms = ("--arms", "x, y", "--prediction-design", "independent", "--max-human", "3", "--simulate", "--seed", "2")
    assert request(rectifier, *said, *arms, "--models", '{"a": {}}') == {
        "basis": {"kind": "assumed", "ppi_correlation": {"a": 0.6, "b": 0.3}, "model_correlation": 0.4},
        "arms": ["x", "y"],
        "prediction_design": "independent",
        "costs": {"human": 5, "llm": {"a": 1, "b": 2}},
        "objective": {"kind": "budget", "budget": 9},
        "simulate": True,
        "seed": 2,
        "constraints": {"max_human": 3},
        "models": {"a": {}},
    }


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("--outcome", "y", "--na", "NA"), "--outcome, --na: for a pilot"),
        (("--plan", "{}"), "--plan: for a pilot"),
        (("--standard-error", "0.1", "--costs", "human=1,llm=1,budget=9"), "once: --standard-error or the budget"),
        (("--budget", "1", "--costs", "human=1,llm=1,budget=9"), "once: --budget or the budget"),
    ],
)
def test_nothing_that_was_said_is_passed_over(rectifier, said, told):
    ran = rectifier("design", *(ASSUMED[:2] if "--costs" in said else ASSUMED), *said)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_a_pilot_has_its_own_quantities(rectifier, twins):
    ran = rectifier("design", *twins, *ASSUMED[2:], "--budget", "50", "--outcome-sd", "0", "--model-correlation", "0.4")
    assert ran.status == 2
    assert "--model-correlation, --outcome-sd: for designs without a file" in ran.err


def test_a_pilot_is_a_file(rectifier, twins):
    asked = request(rectifier, *twins, *ASSUMED[2:], "--budget", "50", "--plan", '{"control": "control"}')
    assert asked["basis"]["kind"] == "pilot"
    assert asked["basis"]["plan"] == {"control": "control"}
    assert len(asked["basis"]["data"]["outcomes"]["trust"]) == 720
    assert "plan" not in request(rectifier, *twins, *ASSUMED[2:], "--budget", "50")["basis"]


def test_a_pilots_problems_are_told_by_column(rectifier, twins):
    wrong = [*twins[:-1], "llm@treatment=nothing"]
    ran = rectifier("design", *wrong, *ASSUMED[2:], "--budget", "50")
    assert ran.status == 1
    assert "column nothing: The file has no column 'nothing'." in ran.err


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("--ppi-correlation", "0.5"), "--costs"),
        (ASSUMED, "say what is wanted"),
        ((*ASSUMED[2:], "--budget", "1"), "--ppi-correlation 0.5"),
        ((*ASSUMED, "--budget", "1", "service/api/workbench/twins.csv"), "for designs without a file"),
    ],
)
def test_what_is_left_out_is_told(rectifier, said, told):
    ran = rectifier("design", *said)
    assert ran.status == 2
    assert told in ran.err
