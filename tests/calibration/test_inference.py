from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import (
    Interval,
    Result,
    Settings,
    contrast_variance,
    infer,
    level,
    result,
)
from tests.calibration.studies import simulate

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
