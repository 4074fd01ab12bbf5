from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from service.api.wire import screening
from service.calibration.errors import CalibrationError

HYPOTHESES = [
    {"name": "h1", "llm": {"estimate": 0.5, "standard_error": 0.02}, "human": {"p_value": 0.004}},
    {"name": "h2", "llm": {"estimate": 0.3, "standard_error": 0}, "human": {"estimate": -0.28, "standard_error": 0.14}},
    {"name": "h4", "llm": {"estimate": 0.05, "standard_error": 0.02}, "human": None},
]


def job(**request: Any) -> screening.Job:
    whole = {"hypotheses": HYPOTHESES} | request
    return screening.to_core(msgspec.json.decode(json.dumps(whole), type=screening.ScreeningRequest), "sha256:x")


def refused(**request: Any) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as problem:
        job(**request)
    return [(p.pointer, p.code) for p in problem.value.problems]


def with_human(human: Any) -> list[dict[str, Any]]:
    return [HYPOTHESES[0] | {"human": human}]


def test_human_results_become_p_values() -> None:
    found = job().hypotheses
    assert found.names == ("h1", "h2", "h4")
    assert found.p_values[:2] == pytest.approx([0.004, 0.04550026389635842])
    assert np.isnan(found.p_values[2])
    assert found.llm.estimate.tolist() == [0.5, 0.3, 0.05]


def test_a_p_value_of_zero_or_one_is_one() -> None:
    assert job(hypotheses=with_human({"p_value": 0})).hypotheses.p_values.tolist() == [0.0]
    assert job(hypotheses=with_human({"p_value": 1})).hypotheses.p_values.tolist() == [1.0]
    assert job(hypotheses=with_human({"estimate": 0, "standard_error": 1})).hypotheses.p_values.tolist() == [1.0]


@pytest.mark.parametrize(
    "human",
    [
        {},
        {"estimate": 0.1},
        {"standard_error": 0.1},
        {"p_value": 0.1, "estimate": 0.1, "standard_error": 0.1},
        {"p_value": 0.1, "standard_error": 0.1},
    ],
)
def test_half_or_double_results_are_refused(human) -> None:
    assert refused(hypotheses=with_human(human)) == [("/hypotheses/0/human", "bad_human_result")]


def test_every_problem_is_told_at_once() -> None:
    twice = [*HYPOTHESES, HYPOTHESES[0] | {"human": {}}]
    told = refused(hypotheses=twice, models={"gpt": {"generated": "2026-02-31"}})
    assert told == [
        ("/hypotheses/3/name", "duplicate_hypothesis"),
        ("/hypotheses/3/human", "bad_human_result"),
        ("/models/gpt/generated", "invalid_date"),
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {"hypotheses": []},
        {"error_rate": 0},
        {"error_rate": 1},
        {"multiplicity": "hochberg"},
        {"calibration": {"slope": 0.4}},
        {"calibration": {"slope": 0.4, "residual_sd": -1}},
        {"weighting": {"least_weight": 0}},
        {"weighting": {"folds": 1}},
        {"next": {"budget": 10, "human_cost": 0, "outcome_sd": 1, "n_human_per_hypothesis": 10}},
        {"next": {"budget": 10, "human_cost": 1, "outcome_sd": 1, "n_human_per_hypothesis": 10.5}},
        {"hypotheses": with_human({"p_value": 1.1})},
        {"hypotheses": with_human({"estimate": 1, "standard_error": 0})},
    ],
)
def test_values_out_of_range_are_refused_by_type(request_) -> None:
    with pytest.raises(msgspec.ValidationError):
        job(**request_)


def test_defaults_are_those_documented() -> None:
    asked = job().question
    assert (asked.multiplicity, asked.error_rate, asked.calibration, asked.next, asked.seed) == (
        "benjamini_hochberg", 0.05, None, None, 0,
    )  # fmt: skip
    assert (asked.weighting.method, asked.weighting.least_weight, asked.weighting.folds) == ("fixed", 0.2, 5)


def test_every_field_reaches_the_core() -> None:
    asked = job(
        multiplicity="holm",
        error_rate=0.1,
        calibration={"slope": 0.3, "residual_sd": 0.2, "intercept": 0.01},
        weighting={"method": "cross_weighted", "least_weight": 0.4, "folds": 3, "planned_standard_error": 0.2},
        next={"budget": 2000, "human_cost": 5, "outcome_sd": 1.5, "n_human_per_hypothesis": 100},
        seed=7,
    ).question
    assert (asked.multiplicity, asked.error_rate, asked.seed) == ("holm", 0.1, 7)
    assert asked.calibration == screening.EffectCalibration(0.3, 0.2, 0.01)
    assert asked.weighting == screening.Weighting("cross_weighted", 0.4, 3, 0.2)
    assert asked.next == screening.Budget(2000, 5, 1.5, 100)


def test_work_grows_with_the_hypotheses() -> None:
    many = [HYPOTHESES[2] | {"name": str(i)} for i in range(1000)]
    assert job(hypotheses=many).work - job().work == pytest.approx(997 * screening.PER_HYPOTHESIS)


def test_warnings_are_counted_and_a_valid_request_is_told_what_would_be_done() -> None:
    finished = screening.finish(job())
    assert finished.facts.warnings == {"assumed_calibration": 1, "assumed_planned_error": 1, "few_hypotheses": 1}
    told = json.loads(screening.validated(job()))
    answer = json.loads(finished.body)
    assert told["valid"] is True
    assert told["applied"] == answer["applied"]
    assert told["warnings"] == answer["warnings"]
