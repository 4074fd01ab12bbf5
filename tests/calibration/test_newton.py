"""Newton's method: a maximum found, one that does not exist said, a curvature that vanishes survived."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.newton import FARTHEST, Local, factor_of, maximum


def poisson(counts: np.ndarray, x: np.ndarray):
    def at(theta: np.ndarray) -> Local:
        eta = theta @ x
        mean = np.exp(eta)
        return Local(float(counts @ eta - mean.sum()), x @ (counts - mean), (x * mean) @ x.T, float(np.abs(eta).max()))

    return at


def test_a_maximum_has_no_slope() -> None:
    rng = np.random.default_rng(1)
    x = np.array([np.ones(50), rng.standard_normal(50)])
    at = poisson(rng.poisson(np.exp(0.3 + 0.8 * x[1])).astype(float), x)
    theta, found = maximum(at, np.zeros(2))
    assert found
    assert at(theta).slope == pytest.approx(np.zeros(2), abs=1e-9)


def test_a_far_start_is_reached_by_halving() -> None:
    """From eta = -8 a full step of (y - m)/m is thousands wide."""
    at = poisson(np.array([3.0, 4.0]), np.ones((1, 2)))
    theta, found = maximum(at, np.array([-4.0]))
    assert found
    assert theta[0] == pytest.approx(np.log(3.5), rel=1e-12)


def test_no_finite_maximum_is_said() -> None:
    def at(theta: np.ndarray) -> Local:
        p = 1.0 / (1.0 + np.exp(-theta[0]))
        return Local(float(np.log(p)), np.array([1.0 - p]), np.array([[p * (1.0 - p)]]), float(abs(theta[0])))

    theta, found = maximum(at, np.zeros(1))
    assert not found
    assert abs(theta[0]) > FARTHEST - 5.0


def test_a_vanished_curvature_has_a_factor() -> None:
    assert np.isfinite(factor_of(np.zeros((2, 2)))).all()
    assert factor_of(np.array([[4.0, 0.0], [0.0, 9.0]])) == pytest.approx(np.diag([2.0, 3.0]))


def test_a_likelihood_that_rises_for_ever_is_not_found() -> None:
    """Log theta: every step doubles theta and gains the same."""

    def at(theta: np.ndarray) -> Local:
        return Local(float(np.log(theta[0])), 1.0 / theta, np.array([[1.0 / theta[0] ** 2]]), 0.0)

    theta, found = maximum(at, np.ones(1))
    assert not found
    assert theta[0] == pytest.approx(2.0**60)


def test_a_slope_that_never_leads_up_ends_near_the_start() -> None:
    def at(theta: np.ndarray) -> Local:
        return Local(-float(abs(theta[0])), np.ones(1), np.ones((1, 1)), 0.0)

    theta, found = maximum(at, np.zeros(1))
    assert not found
    assert abs(theta[0]) < 1e-6
