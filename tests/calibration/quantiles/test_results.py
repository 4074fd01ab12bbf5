from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.inference import Settings
from service.calibration.quantiles.results import Parts, for_arms, result, settings_of
from tests.calibration.quantiles.test_mover import arm

ONE, TWO = arm(1), arm(2, 40)
SINGLE = Parts((ONE,), np.ones(1), np.eye(1), 10.0)
PAIR = Parts((TWO, ONE), np.array([1.0, -1.0]), np.array([[1.0, 0.4], [0.4, 1.0]]), 10.0)


def test_an_arm_itself_is_its_inversion_at_the_outcomes_level() -> None:
    found = result(SINGLE, Settings(null_value=11.0))
    assert found.estimate == ONE.value + 10.0
    assert (found.interval.lower, found.interval.upper) == (
        ONE.bound(0.025, "lower") + 10.0,
        ONE.bound(0.025, "upper") + 10.0,
    )
    assert found.p_value == min(1.0, 2 * min(ONE.tail(1.0, "lower"), ONE.tail(1.0, "upper")))
    assert (found.standard_error, found.df) == (ONE.error, ONE.df)


def test_a_difference_does_not_see_the_level() -> None:
    found = result(PAIR, Settings())
    assert found.estimate == TWO.value - ONE.value
    assert found.standard_error == pytest.approx(np.sqrt(TWO.error**2 + ONE.error**2 - 0.8 * TWO.error * ONE.error))
    assert found == result(replace(PAIR, origin=0.0), Settings())


def test_df_are_satterthwaites() -> None:
    squares = np.array([TWO.error, ONE.error]) ** 2
    assert PAIR.df == pytest.approx(squares.sum() ** 2 / (squares**2 / [TWO.df, ONE.df]).sum())
    flat = Parts((replace(ONE, error=0.0), replace(TWO, error=0.0)), PAIR.weights, np.eye(2), 0.0)
    assert flat.df == min(ONE.df, TWO.df)


@pytest.mark.parametrize("alternative", ["two_sided", "less", "greater", "equivalence", "non_inferiority"])
@pytest.mark.parametrize("null", [-1.5, -0.4, 0.0, 0.8])
def test_p_below_the_error_exactly_when_the_null_is_outside(alternative: str, null: float) -> None:
    for level in (0.6, 0.9, 0.95, 0.99):
        asked = Settings(level=level, alternative=alternative, null_value=null, margin=1.0)
        found = result(PAIR, asked)
        low, high = found.interval.lower, found.interval.upper
        below, above = (
            (null - 1.0, null + 1.0) if asked.alternative in ("equivalence", "non_inferiority") else (null, null)
        )
        over, under = low is not None and below < low, high is not None and high < above
        rejected = (over and under) if alternative == "equivalence" else (over or under)
        assert (found.p_value < 1.0 - level) == rejected


def test_settings_have_one_of_two_methods_and_arms_test_nothing() -> None:
    score = Settings(method="score", alternative="equivalence", margin=1.0)
    assert settings_of(score, "auto").method == settings_of(score, "t").method == "t"
    assert settings_of(score, "normal").method == "normal"
    assert result(SINGLE, settings_of(score, "normal")).df is None
    assert (for_arms(score).null_value, for_arms(score).alternative) == (None, "two_sided")
    assert for_arms(Settings(alternative="less")).alternative == "less"
