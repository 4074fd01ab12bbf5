from __future__ import annotations

import pytest

from service.calibration.errors import CalibrationError
from service.calibration.estimands import quantile
from service.calibration.plan import NamedContrast, Plan
from tests.calibration.studies import problems


def test_two_arms_are_compared_and_one_is_itself() -> None:
    plan = Plan(quantiles=(0.5,))
    assert [c.name for c in quantile.contrasts(("a",), plan)] == ["a"]
    found = quantile.contrasts(("a", "b", "c"), plan)
    assert [(c.name, c.weights.tolist()) for c in found] == [("b - a", [-1.0, 1.0, 0.0]), ("c - a", [-1.0, 0.0, 1.0])]


def test_contrasts_can_be_named() -> None:
    named = NamedContrast("mine", {"a": 0.5, "b": 0.5, "c": -1.0})
    found = quantile.contrasts(("a", "b", "c"), Plan(quantiles=(0.5,), contrasts=(named,)))
    assert [(c.name, c.weights.tolist()) for c in found] == [("mine", [0.5, 0.5, -1.0])]


@pytest.mark.parametrize(
    ("quantiles", "expected"),
    [
        ((), [("/plan/estimand/q", "missing_quantile")]),
        ((1.0,), [("/plan/estimand/q", "bad_quantile")]),
        ((0.0, 0.5, float("nan")), [("/plan/estimand/q/0", "bad_quantile"), ("/plan/estimand/q/2", "bad_quantile")]),
        ((0.5, 0.25, 0.5), [("/plan/estimand/q/2", "duplicate_quantile")]),
    ],
)
def test_quantiles_are_checked(quantiles: tuple[float, ...], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(CalibrationError) as refused:
        quantile.contrasts(("a",), Plan(quantiles=quantiles))
    assert problems(refused.value) == expected
