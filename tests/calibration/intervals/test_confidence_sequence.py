from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy import stats

from service.calibration.intervals import confidence_sequence
from service.calibration.intervals.confidence_sequence import PLANNED, RHO_SQUARED, Mixture
from tests.calibration.intervals import cases
from tests.calibration.studies import simulate

LARGE = 1e12  # degrees of freedom at which t is normal


def test_the_boundary_is_the_published_one() -> None:
    n, sigma, tail = 120, 1.7, 0.025
    found = Mixture(0.4, sigma / sqrt(n), LARGE, n * RHO_SQUARED)
    rho2 = RHO_SQUARED
    reach = sigma * sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * log(1 + sqrt(n * rho2 + 1) / (2 * tail)))
    assert found.bound(tail, "lower") == pytest.approx(0.4 - reach, rel=1e-7)
    assert found.bound(tail, "upper") == pytest.approx(0.4 + reach, rel=1e-7)


def test_rho_is_the_best_for_the_planned_number() -> None:
    """Two-sided width sqrt((2 (n rho^2 + 1)/(n rho^2)) log(sqrt(n rho^2 + 1)/.05)) is smallest at n rho^2 near ours."""
    v = np.linspace(0.5, 30.0, 5000)
    width = np.sqrt(2 * (v + 1) / v * np.log(np.sqrt(v + 1) / 0.05))
    assert width[np.argmin(np.abs(v - PLANNED * RHO_SQUARED))] == pytest.approx(width.min(), rel=1e-3)


def test_degrees_of_freedom_widen_by_the_t_distance() -> None:
    normal, t = (Mixture(0.0, 1.0, df, 3.0).bound(0.025, "upper") for df in (LARGE, 9.0))
    assert t == pytest.approx(stats.t.isf(stats.norm.sf(normal), 9.0), rel=1e-6)
    assert t > normal


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_p_values_invert_the_boundary(side: str) -> None:
    found = Mixture(0.4, 0.3, 14.0, 2.5)
    for tail in (1e-6, 0.01, 0.05, 0.4):
        assert found.tail(found.bound(tail, side), side) == pytest.approx(tail, rel=1e-9)
    assert found.tail(0.4, side) == 1.0
    assert found.tail(0.4 + (0.01 if side == "lower" else -0.01), side) == 1.0
    z = 0.9
    by_hand = sqrt(3.5) / (2 * (exp(z * z * 2.5 / 7.0) - 1))
    near = Mixture(0.0, 1.0, LARGE, 2.5).tail(-z if side == "lower" else z, side)
    assert near == pytest.approx(min(1.0, by_hand), rel=1e-6)


def test_the_ends_of_the_scale() -> None:
    assert Mixture(1.0, 0.0, 9.0, 2.0).tail(0.5, "lower") == 0.0
    assert Mixture(1.0, 0.0, 9.0, 2.0).tail(1.0, "lower") == 1.0
    assert Mixture(1.0, 0.0, 9.0, 2.0).bound(0.05, "lower") == 1.0
    assert Mixture(1e4, 1.0, 1e9, 2.0).tail(0.0, "lower") == 0.0


def test_the_time_is_the_number_of_humans_compared() -> None:
    estimate = cases.twins(3, (20, 25, 30))
    contrast = np.array([-1.0, 0.0, 1.0])
    context = cases.context(estimate, contrast)
    found = confidence_sequence.pivot(estimate, contrast, context)
    assert found == Mixture(context.value, context.standard_error, context.df, 50 * RHO_SQUARED)


def test_it_covers_at_all_looks_at_once() -> None:
    """1,000 skewed streams, 300 looks from 100 to 3,000; the Monte Carlo error of .05 is .007."""
    rng = np.random.default_rng(6)
    x = rng.exponential(size=(1000, 3000)) - 1.0
    n = np.arange(1, 3001)
    mean = np.cumsum(x, axis=1) / n
    error = np.sqrt((np.cumsum(x * x, axis=1) / n - mean**2) / np.maximum(n - 1, 1))
    looks = np.unique(np.geomspace(100, 3000, 300).astype(int)) - 1
    reach = np.array([Mixture(0.0, 1.0, float(k), (k + 1) * RHO_SQUARED).bound(0.025, "upper") for k in looks])
    missed = (np.abs(mean[:, looks]) > reach * error[:, looks]).any(axis=1).mean()
    assert missed <= 0.05 + 2 * 0.007
    t = np.array([stats.t.isf(0.025, k) for k in looks])
    assert (np.abs(mean[:, looks]) > t * error[:, looks]).any(axis=1).mean() > 0.2  # what peeking does to t


def test_one_population() -> None:
    estimate = cases.estimate(simulate(1, (30,), 60))
    found = confidence_sequence.pivot(estimate, cases.MEAN, cases.context(estimate, cases.MEAN))
    assert found.time == 30 * RHO_SQUARED
