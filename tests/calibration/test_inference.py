from __future__ import annotations

from dataclasses import dataclass, replace
from math import nextafter

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from service.calibration.errors import InvalidPlan
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import (
    Interval,
    Result,
    Settings,
    check,
    contrast_variance,
    decided,
    infer,
    level,
    result,
)
from service.calibration.intervals import INTERVALS
from tests.calibration.intervals import cases
from tests.calibration.studies import problems, simulate

T = np.array([-1.0, 1.0])
TWINS = simulate(6, (12, 14), 9, design="shared", models=1)


@pytest.mark.parametrize("df", [None, 7.5])
def test_intervals_and_p_values_are_scipys(df: float | None) -> None:
    law = stats.norm(0.4, 0.2) if df is None else stats.t(df, 0.4, 0.2)
    for alternative, ends, p_value in (
        ("two_sided", law.interval(0.9), 2.0 * law.cdf(0.1)),
        ("greater", (law.ppf(0.1), None), law.cdf(0.1)),
        ("less", (None, law.ppf(0.9)), law.sf(0.1)),
    ):
        found = result(0.4, 0.04, df, Settings(0.9, alternative, 0.1))
        assert [found.interval.lower, found.interval.upper] == [
            end if end is None else pytest.approx(end) for end in ends
        ]
        assert found.p_value == pytest.approx(p_value)
        assert (found.interval.method, found.interval.level) == ("normal" if df is None else "t", 0.9)
        assert (found.estimate, found.standard_error, found.df) == (0.4, pytest.approx(0.2), df)


def test_nothing_is_tested_without_a_null_value() -> None:
    assert result(0.4, 0.04, 5.0, Settings(null_value=None)).p_value is None


@pytest.mark.parametrize(
    ("alternative", "below", "same", "above"),
    [("two_sided", 0.0, 1.0, 0.0), ("greater", 1.0, 1.0, 0.0), ("less", 0.0, 1.0, 1.0)],
)
def test_without_any_variance_the_p_value_is_0_or_1(alternative, below, same, above) -> None:
    settings = Settings(0.95, alternative, 1.0)
    assert [result(v, 0.0, 5.0, settings).p_value for v in (0.5, 1.0, 1.5)] == [below, same, above]


def test_the_level_of_a_contrast_is_the_sum_of_its_weights() -> None:
    assert level(np.array([0.0, 1.0])) == 1.0
    assert level(np.array([-1.0, 0.5, 0.5])) == 0.0
    assert level(np.array([0.1, 0.2, -0.3])) == 0.0


def test_infer_puts_estimate_variance_and_df_together() -> None:
    frame = Frame(TWINS.sample(), "exchangeability")
    estimate = estimator("regression").fit(frame, T)
    variance, df = contrast_variance(estimate, T, "super")
    found = infer(estimate, T, Settings())
    assert found == result(float(T @ estimate.theta), variance, df, Settings())
    assert isinstance(found, Result)
    assert isinstance(found.interval, Interval)
    assert infer(estimate, T, Settings(method="normal")).df is None


@pytest.mark.parametrize("level_", [0.9, 0.95])
@pytest.mark.parametrize("margin", [0.1, 0.5, 1.5])
@pytest.mark.parametrize("null", [0.2, -0.9])  # on either side of the estimate
def test_equivalence_is_statsmodels_tost(level_: float, margin: float, null: float) -> None:
    first, second = [3.1, 4.2, 2.7, 5.0, 3.3, 4.4], [3.4, 4.8, 3.1, 5.6, 3.9]
    fitted = cases.answers(second, first)
    found = infer(fitted, T, Settings(level_, "equivalence", null, margin=margin))
    p, low, high = ttost_ind(first, second, null - margin, null + margin, usevar="unequal")
    assert found.p_value == pytest.approx(p, rel=1e-9)
    assert found.p_value == pytest.approx(max(low[1], high[1]))
    assert found.interval.level == pytest.approx(2.0 * level_ - 1.0)
    law = stats.t(found.df, found.estimate, found.standard_error)
    assert [found.interval.lower, found.interval.upper] == pytest.approx(law.interval(2.0 * level_ - 1.0))
    inside = null - margin < found.interval.lower and found.interval.upper < null + margin
    assert (found.p_value < 1.0 - level_) == inside


def test_non_inferiority_is_the_one_sided_test_at_the_shifted_null() -> None:
    fitted = cases.answers([3.1, 4.2, 2.7, 5.0], [3.4, 4.8, 3.1, 5.6])
    shifted = infer(fitted, T, Settings(0.95, "greater", -0.4))
    found = infer(fitted, T, Settings(0.95, "non_inferiority", 0.1, margin=0.5))
    assert found.p_value == pytest.approx(shifted.p_value, rel=1e-12)
    assert found.interval == shifted.interval
    assert found.interval.upper is None


def test_an_error_rate_replaces_that_of_the_level() -> None:
    fitted = cases.twins(3)
    found = infer(fitted, T, Settings(0.9), 0.01)
    narrow = infer(fitted, T, Settings(0.99))
    assert [found.interval.lower, found.interval.upper] == pytest.approx(
        [narrow.interval.lower, narrow.interval.upper], rel=1e-12
    )
    assert found.interval.level == 0.9
    assert found.p_value == narrow.p_value


@pytest.mark.parametrize("method", INTERVALS, ids=lambda m: m.name)
def test_standard_error_and_estimate_do_not_depend_on_the_method(method) -> None:
    fitted = cases.estimate(simulate(6, (22, 24), design="shared", outcome="likert"), "randomization")
    plain = infer(fitted, T, Settings())
    found = infer(fitted, T, Settings(method=method.name, bounds=(1.0, 5.0), replicates=99))
    assert (found.estimate, found.standard_error) == (plain.estimate, plain.standard_error)
    assert found.df == (plain.df if method.uses_df else None)
    assert (found.interval.method, found.interval.level) == (method.name, 0.95)


def test_rounding_at_the_end_of_an_interval_is_settled_by_the_interval() -> None:
    """A pivot whose p-value is off by rounding at its own bound: the p-value follows, but only that far."""

    @dataclass
    class Off:
        by: float

        def bound(self, tail, side):
            return 1.0 if side == "lower" else 3.0

        def tail(self, value, side):
            return 0.05 + self.by

    settings = Settings(0.95, "greater", 1.0)
    error = 1.0 - 0.95
    assert decided(Off(-1e-9), "t", settings, None)[1] == error
    assert decided(Off(1e-9), "t", replace(settings, null_value=0.9), None)[1] == nextafter(error, 0.0)
    assert decided(Off(-1e-3), "t", settings, None)[1] == pytest.approx(0.049)  # a fault is not hidden
    assert decided(Off(-1e-9), "t", replace(settings, null_value=0.9), None)[1] == pytest.approx(0.05)


def test_settings_that_contradict_each_other_are_refused_together() -> None:
    check(Settings())
    check(Settings(0.95, "equivalence", 0.0, "betting", margin=0.1, bounds=(0.0, 1.0)))
    with pytest.raises(InvalidPlan) as refused:
        check(Settings(0.5, "equivalence", method="betting"))
    assert problems(refused.value) == [
        ("/plan/margin", "missing_margin"),
        ("/plan/confidence_level", "level_too_low"),
        ("/plan/bounds", "missing_bounds"),
    ]
    with pytest.raises(InvalidPlan) as refused:
        check(Settings(0.9, "non_inferiority", margin=0.0, bounds=(1.0, 1.0)))
    assert problems(refused.value) == [("/plan/margin", "bad_margin"), ("/plan/bounds", "bad_bounds")]
    for alternative in ("two_sided", "less", "greater"):
        with pytest.raises(InvalidPlan) as refused:
            check(Settings(alternative=alternative, margin=0.1))
        assert problems(refused.value) == [("/plan/margin", "unused_margin")]


@pytest.mark.parametrize(
    ("alternative", "level", "least"), [("two_sided", 0.95, 39), ("greater", 0.95, 19), ("two_sided", 0.9, 20)]
)
@pytest.mark.parametrize("method", ["bootstrap", "bootstrap_t"])
def test_replicates_that_would_leave_every_end_open_are_refused(method, alternative, level, least) -> None:
    fitted = cases.estimate(simulate(6, (22, 24), design="shared"), "randomization")
    asked = Settings(level, alternative, method=method, replicates=least)
    few = replace(asked, replicates=least - 1)
    check(asked)
    assert infer(fitted, T, asked).interval.lower is not None
    assert infer(fitted, T, few).interval.lower is None
    with pytest.raises(InvalidPlan) as refused:
        check(few)
    assert problems(refused.value) == [("/plan/replicates", "too_few_replicates")]
    assert f"{least} at least" in refused.value.problems[0].hint
