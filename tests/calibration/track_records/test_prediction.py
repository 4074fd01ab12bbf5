from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from service.calibration.track_records.line import line
from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.prediction import random_effects
from service.calibration.track_records.record import NewEffect
from service.calibration.track_records.reml import Rows, log_likelihood, mean_variance, reml
from service.calibration.track_records.sampling import sampling
from tests.calibration.track_records.records import drawn, in_studies, record
from tests.coverage.track_records import Cell, coverage


def predicted(past, effect: float | None = None, error: float = 0.0):
    if effect is not None:
        past = replace(past, new=NewEffect("new", effect, error))
    return random_effects(past, sampling(past), llm_effects(past.llm))


def test_the_interval_is_t_about_the_line():
    past = drawn(12, 1)
    found, fitted = predicted(past, 0.3), line(past, sampling(past), llm_effects(past.llm))
    x = np.array([1, 0.3])
    error = np.sqrt(fitted.tau2_mean + x @ fitted.covariance @ x)
    assert found.estimate == pytest.approx(x @ fitted.coefficients)
    assert (found.df, found.standard_error) == (10, pytest.approx(error))
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        stats.t.interval(0.95, 10, found.estimate, error)
    )
    assert found.wrong_sign_probability == pytest.approx(stats.t.cdf(-found.estimate / error, 10))
    more = predicted(drawn(30, 2))
    assert more.r_squared == pytest.approx(1 - more.tau2 / more.tau2_total)
    assert more.r_squared > 0
    assert found.r_squared == 0.0
    low, high = stats.t.interval(0.95, 10, found.slope, np.sqrt(fitted.covariance[1, 1]))
    assert (found.slope_interval.lower, found.slope_interval.upper) == pytest.approx((low, high))


@pytest.mark.parametrize("far", [1e6, 1e8])
def test_effects_far_from_zero_are_predicted_as_well(far):
    """As on a scale that does not begin at zero; the variance of the line came out negative."""
    past = drawn(12, 1)
    near, moved = predicted(past, 0.3), replace(past, human=shifted(past.human, far), llm=shifted(past.llm, far))
    found = predicted(moved, far + 0.3)
    assert found.standard_error == pytest.approx(near.standard_error, rel=1e-6)
    assert found.estimate - far == pytest.approx(near.estimate, abs=far * 1e-14)


def shifted(effects, by):
    return replace(effects, estimate=effects.estimate + by)


def test_the_variance_is_the_mean_over_its_restricted_likelihood():
    past = drawn(12, 1)
    rows = Rows(past.human.estimate, np.column_stack([np.ones(12), past.llm.estimate]), past.human.standard_error**2)
    best = log_likelihood(rows, np.array([reml(rows).tau2]), 2)[0]

    def weight(tau: float, power: int) -> float:
        return tau**power * float(np.exp(log_likelihood(rows, np.array([tau**2]), 2)[0] - best))

    spread = float(np.var(rows.y - rows.x @ np.linalg.lstsq(rows.x, rows.y, rcond=None)[0])) * 12 / 10
    top = np.sqrt(spread + np.sqrt(spread * rows.variance.max()))
    mean = integrate.quad(weight, 0, top, (2,))[0] / integrate.quad(weight, 0, top, (0,))[0]
    found = mean_variance(rows, reml(rows).tau2)
    assert found == pytest.approx(mean, rel=2e-3)
    assert found > reml(rows).tau2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("error", [0.0, 0.05])
@pytest.mark.parametrize("turned", [1, -1])
def test_at_the_threshold_the_interval_ends_at_zero(seed, error, turned):
    past = drawn(30, seed, llm_error=error)
    past = replace(past, llm=replace(past.llm, estimate=turned * past.llm.estimate))
    found = predicted(past, 0.1, error)
    above, below = found.surrogate_threshold, found.surrogate_threshold_negative
    assert predicted(past, above, error).interval.lower == pytest.approx(0, abs=1e-12)
    assert predicted(past, below, error).interval.upper == pytest.approx(0, abs=1e-12)
    assert (above > below) is (turned > 0)


def test_no_threshold_without_a_slope():
    rng = np.random.default_rng(0)
    found = predicted(record(rng.normal(0, 0.1, 10), rng.normal(0, 0.1, 10)))
    assert found.slope_interval.lower < 0 < found.slope_interval.upper
    assert (found.surrogate_threshold, found.surrogate_threshold_negative) == (None, None)


def test_the_sign_is_that_of_the_llm():
    past = drawn(30, 2)
    plus, minus, none = (predicted(past, effect) for effect in (0.4, -0.4, 0.0))
    assert plus.wrong_sign_probability < 0.1 > minus.wrong_sign_probability
    assert none.wrong_sign_probability is None


def test_contrasts_of_one_study_give_no_degrees_of_freedom():
    assert predicted(in_studies((3, 3, 3, 3, 3))).df == 3


def test_too_few_studies_are_predicted_nothing():
    assert predicted(drawn(3)).estimate is None
    assert predicted(in_studies((2, 2, 2))).interval is None
    assert predicted(drawn(4)).df == 2
    past = drawn(5)
    assert random_effects(past, sampling(past), None).estimate is None


def test_alike_llm_effects_predict_the_mean():
    found = predicted(record([0.1, 0.3, 0.2], [0.2] * 3), 0.7)
    assert found.estimate == pytest.approx(0.2)
    assert (found.df, found.slope, found.slope_interval, found.surrogate_threshold) == (2, None, None, None)
    assert (found.r_squared, found.tau2) == (None, found.tau2_total)


def test_r_squared_is_not_defined_without_variance():
    assert predicted(record([0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4])).r_squared is None


def test_intervals_cover_new_studies():
    found = coverage(Cell(40, tau=0.05, se=0.1, error=0.0), 100).random_effects
    assert found >= 0.95 - 2.6 * np.sqrt(0.95 * 0.05 / 100)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [Cell(5), Cell(20), Cell(20, tau=0.05, se=0.1), Cell(80), Cell(20, error=0.15)])
def test_intervals_cover_in_every_world(cell):
    found = coverage(cell, 2000, seed=1)
    assert found.random_effects >= 0.93
    assert np.isnan(found.conformal) or found.conformal >= 0.94
