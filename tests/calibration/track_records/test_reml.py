from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from service.calibration.track_records.reml import Rows, log_likelihood, reml

rng = np.random.default_rng(4)


def rows(n: int, tau: float, columns: int = 2) -> Rows:
    variance = rng.uniform(0.5, 2, n)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])[:, :columns]
    return Rows(x.sum(axis=1) + np.sqrt(variance + tau**2) * rng.normal(size=n), x, variance)


def dense(data: Rows, tau2: float, integrated: int) -> float:
    """The restricted log likelihood by explicit matrices: error contrasts for all columns, a profile for the others."""
    covariance = np.diag(data.variance + tau2)
    inverse = np.linalg.inv(covariance)
    flat = data.x[:, :integrated]
    b = np.linalg.solve(data.x.T @ inverse @ data.x, data.x.T @ inverse @ data.y)
    residuals = data.y - data.x @ b
    logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(flat.T @ inverse @ flat)[1]
    return -0.5 * float(logs + residuals @ inverse @ residuals)


@pytest.mark.parametrize("integrated", [1, 2])
@pytest.mark.parametrize("tau", [0.0, 0.3, 1.0, 5.0])
def test_no_variance_of_a_fine_grid_is_likelier(tau, integrated):
    data = rows(12, tau)
    found = reml(data, integrated)
    grid = np.linspace(0, 4 * found.tau2 + 1, 4000)
    likelihood = log_likelihood(data, grid, integrated)
    assert likelihood[7] == pytest.approx(dense(data, grid[7], integrated), abs=1e-9)
    best = log_likelihood(data, np.array([found.tau2]), integrated)[0]
    assert best >= likelihood.max() - 1e-12
    assert abs(found.tau2 - grid[likelihood.argmax()]) <= grid[1]


def test_without_heterogeneity_the_variance_is_zero_and_the_fit_is_fixed_effect():
    data = Rows(np.array([1.0, 1.1, 0.9, 1.05]), np.ones((4, 1)), np.full(4, 2.0))
    found = reml(data)
    assert found.tau2 == 0.0
    fixed = combine_effects(data.y, data.variance, method_re="dl")
    assert found.coefficients[0] == pytest.approx(fixed.mean_effect_fe, abs=1e-12)
    assert found.residual == pytest.approx(fixed.q, abs=1e-12)


def test_equal_variances_have_a_closed_form():
    y = np.array([3.0, -1.0, 4.0, 1.0, -5.0])
    found = reml(Rows(y, np.ones((5, 1)), np.full(5, 0.5)))
    assert found.tau2 == pytest.approx(y.var(ddof=1) - 0.5, rel=1e-12)
    assert found.information[0, 0] == pytest.approx(5 / y.var(ddof=1), rel=1e-12)


def test_rows_on_a_line_leave_nothing():
    x = np.column_stack([np.ones(5), np.arange(5.0)])
    found = reml(Rows(x @ np.array([1.0, 2.0]), x, np.full(5, 0.1)))
    assert found.tau2 == 0.0
    assert found.coefficients == pytest.approx([1.0, 2.0], abs=1e-12)


def test_of_two_modes_the_higher_is_found():
    y = np.array([0.0, 0.02, -0.02, 0.01, 3.0, -3.0])
    data = Rows(y, np.ones((6, 1)), np.array([1e-4, 1e-4, 1e-4, 1e-4, 20.0, 20.0]))
    grid = np.concatenate([[0.0], np.geomspace(1e-7, 30, 3000)])
    likelihood = log_likelihood(data, grid, 1)
    best = log_likelihood(data, np.array([reml(data).tau2]), 1)[0]
    assert best >= likelihood.max() - 1e-9
