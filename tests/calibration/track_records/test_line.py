from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from service.calibration.track_records.line import line, sloped
from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.record import Effects
from service.calibration.track_records.sampling import sampling
from tests.calibration.track_records.records import drawn, in_studies, record


def fitted(past):
    return line(past, sampling(past), llm_effects(past.llm))


def grid_reml(y: np.ndarray, x: np.ndarray, covariance: np.ndarray) -> float:
    """The variance with the largest restricted likelihood, by dense matrices on a fine grid."""

    def restricted(tau2: float) -> float:
        whole = covariance + tau2 * np.eye(len(y))
        inverse = np.linalg.inv(whole)
        information = x.T @ inverse @ x
        residuals = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        return -float(np.linalg.slogdet(whole)[1] + np.linalg.slogdet(information)[1] + residuals @ inverse @ residuals)

    grid = np.linspace(0, 0.05, 1001)
    return float(grid[np.argmax([restricted(t) for t in grid])])


@pytest.mark.parametrize("past", [drawn(9, 1), in_studies((3, 1, 2, 1, 4), 2)], ids=["independent", "correlated"])
def test_reml_and_hartung_knapp_by_dense_matrices(past):
    found = fitted(past)
    covariance = np.diag(past.human.standard_error**2) if past.covariance is None else past.covariance
    y, x = past.human.estimate, np.column_stack([np.ones(len(past.names)), past.llm.estimate])
    assert found.tau2 == pytest.approx(grid_reml(y, x, covariance), abs=5e-5)
    assert found.tau2_total == pytest.approx(grid_reml(y, x[:, :1], covariance), abs=5e-5)
    gls = sm.GLS(y, x, sigma=covariance + found.tau2 * np.eye(len(y))).fit()
    assert found.coefficients == pytest.approx(gls.params, rel=1e-9)
    assert found.covariance == pytest.approx(gls.cov_params() * max(1, 1 / gls.scale), rel=1e-8)
    assert found.slope == found.coefficients[1]


def test_a_record_on_a_line_keeps_the_known_errors():
    past = record([0.1, 0.2, 0.3, 0.4], [0.2, 0.4, 0.6, 0.8])
    found = fitted(past)
    assert (found.tau2, found.coefficients) == (0.0, pytest.approx([0.0, 0.5], abs=1e-12))
    x = np.column_stack([np.ones(4), past.llm.estimate])
    assert found.covariance == pytest.approx(0.05**2 * np.linalg.inv(x.T @ x), rel=1e-10)
    assert found.tau2_mean == 0.0


def test_equal_llm_errors_are_the_classical_correction_for_attenuation():
    past = drawn(40, 3)
    noisy = replace(past, llm=Effects(past.llm.estimate, np.full(40, 0.1)))
    reliability = 1 - 0.01 / past.llm.estimate.var(ddof=1)
    plain, corrected = fitted(past), fitted(noisy)
    assert corrected.slope == pytest.approx(plain.slope / reliability, rel=1e-8)
    left = corrected.slope**2 * 0.01 * reliability
    assert corrected.tau2 == pytest.approx(plain.tau2 - left, rel=1e-6)


def slope(past) -> float:
    return float(sloped(past, sampling(past), llm_effects(past.llm)).coefficients[1])


def test_errors_of_the_llm_do_not_bias_the_slope():
    records = [drawn(40, seed, llm_error=0.12) for seed in range(25)]
    slopes = [slope(past) for past in records]
    naive = [slope(replace(past, llm=Effects(past.llm.estimate, np.zeros(40)))) for past in records]
    error = np.std(slopes) / 5
    assert abs(np.mean(slopes) - 0.6) < 3 * error
    assert np.mean(naive) < 0.6 - 3 * error


def test_alike_effects_have_a_mean_and_no_slope():
    found = fitted(record([0.1, 0.3, 0.2, 0.5], [0.2] * 4, se=[0.01] * 4))
    assert found.slope is None
    assert found.coefficients == pytest.approx([0.275])
    assert found.tau2 == found.tau2_total > 0
