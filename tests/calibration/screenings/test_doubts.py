from __future__ import annotations

from dataclasses import replace

import pytest

from service.calibration.screenings.answer import Judged
from service.calibration.screenings.discoveries import Budget
from service.calibration.screenings.doubts import assumptions, warnings
from service.calibration.screenings.expectation import EffectCalibration
from service.calibration.screenings.question import Question, Weighting
from tests.calibration.screenings.test_answer import APPLIED, NOT_RUN, RUN

STATED = Question("holm", 0.05, EffectCalibration(0.4, 0.1), Weighting(planned_standard_error=0.14))
LISTED = [replace(RUN, weight=1.0 + 0.01 * i) for i in range(10)]


def codes(question: Question = STATED, judged: list[Judged] = LISTED, chosen: list | None = None) -> list[str]:
    return [w.code for w in warnings(question, APPLIED, judged, chosen)]


def test_a_complete_request_is_not_warned() -> None:
    assert codes() == []


def test_what_is_assumed_is_warned() -> None:
    assert codes(replace(STATED, calibration=None)) == ["assumed_calibration"]
    assert codes(replace(STATED, weighting=Weighting())) == ["assumed_planned_error"]


def test_few_equal_or_surprising_weights_are_warned() -> None:
    assert codes(judged=LISTED[:9]) == ["few_hypotheses"]
    assert codes(judged=[RUN] * 10) == ["equal_weights"]
    assert codes(judged=[*LISTED, replace(RUN, p_value=0.06)]) == ["rejected_above_error_rate"]
    assert codes(judged=[*LISTED, replace(RUN, p_value=0.06, rejected=False)]) == []


def test_a_choice_after_human_results_is_warned_and_an_empty_one_explained() -> None:
    asked = replace(STATED, next=Budget(10, 5, 1, 200))
    waiting = [replace(NOT_RUN, weight=1.0 + 0.01 * i) for i in range(10)]
    assert codes(asked, waiting, []) == ["budget_buys_nothing"]
    assert codes(asked, [*LISTED, NOT_RUN], []) == ["chosen_after_human_data", "budget_buys_nothing"]
    assert codes(asked, LISTED, []) == ["chosen_after_human_data"]
    assert codes(asked, waiting, [object()]) == []


@pytest.mark.parametrize(
    ("multiplicity", "folds", "named"),
    [
        ("benjamini_hochberg", None, ["weights_before_human_data", "positive_dependence"]),
        ("holm", None, ["weights_before_human_data"]),
        ("benjamini_hochberg", 5, ["independent_hypotheses"]),
        ("holm", 5, ["independent_folds"]),
    ],
)
def test_the_dependence_that_each_procedure_assumes_is_said(multiplicity, folds, named) -> None:
    found = assumptions(replace(APPLIED, multiplicity=multiplicity, folds=folds))
    assert [a.name for a in found] == ["valid_p_values", "all_hypotheses_listed", *named]
    assert {a.status for a in found} == {"assumed"}
