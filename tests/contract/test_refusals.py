"""What a pair, or an estimand without rows, refuses: at once, with places, stable codes and what to do instead."""

from __future__ import annotations

import re

import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, UnsupportedCombination
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from tests.calibration.studies import as_moments
from tests.contract import cases
from tests.contract.laws import OF_ESTIMANDS, REFUSED, holds

KINDS = [pytest.param(name, kind, id=f"{name}-{kind}") for name, of in cases.KINDS.items() for kind in of]


def clean(refusal: CalibrationError) -> None:
    """Whether every problem has its place, a code, and says what was seen and what to do."""
    assert refusal.problems
    for problem in refusal.problems:
        assert re.fullmatch(r"(/[a-z_0-9]+)+", problem.pointer)
        assert re.fullmatch(r"[a-z_]+", problem.code)
        assert len(problem.detail) > 10
        assert len(problem.hint) > 10


@pytest.mark.parametrize(("estimator", "estimand"), list(REFUSED))
def test_a_pair_that_is_not_offered_is_refused_with_what_is(estimator: str, estimand: str) -> None:
    assert len(REFUSED[estimator, estimand]) > 10
    for kind in cases.KINDS[estimand]:
        with pytest.raises(UnsupportedCombination) as refused:
            cases.answer(cases.study(kind, 1), cases.plan(kind, estimator, estimand))
        clean(refused.value)
        assert {(p.pointer, p.code) for p in refused.value.problems} == {("/plan/estimator", "unsupported_combination")}
        assert all(p.hint.startswith("supported: ") for p in refused.value.problems)


def test_pairs_that_are_refused_are_registered_and_few() -> None:
    names = {e.name for e in ESTIMATORS}, {e.name for e in ESTIMANDS}
    assert all(estimator in names[0] and estimand in names[1] for estimator, estimand in REFUSED)
    for estimand in OF_ESTIMANDS:
        assert {(e, estimand) for e in ("auto", "regression", "human_only")}.isdisjoint(REFUSED)


@pytest.mark.parametrize(("estimand", "kind"), [p for p in KINDS if not holds("moments", p.values[0])])
def test_moments_are_refused_where_rows_are_needed(estimand: str, kind: str) -> None:
    moments = as_moments(cases.study(kind, 1).sample())
    with pytest.raises(CalibrationError) as refused:
        calibrate(moments, cases.plan(kind, "auto", estimand))
    clean(refused.value)


@pytest.mark.parametrize(("estimand", "kind"), KINDS)
def test_design_based_without_sampling_probabilities_is_refused(estimand: str, kind: str) -> None:
    with pytest.raises(CalibrationError) as refused:
        calibrate(cases.study(kind, 1).samples(), cases.plan(kind, "design_based", estimand))
    clean(refused.value)
