from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from service.calibration.screenings.expectation import (
    EffectCalibration,
    Expectation,
    LlmEffects,
    assumed_calibration,
    assumed_standard_error,
    expectation,
    root_mean_square,
)

LLM = LlmEffects(np.array([0.5, -0.3, 0.0]), np.array([0.02, 0.1, 0.0]))


def test_effects_become_expected_z_statistics() -> None:
    found = expectation(LLM, EffectCalibration(0.4, 0.15, 0.01), 0.1)
    assert found.shift == pytest.approx([2.1, -1.1, 0.1], rel=1e-12)
    assert found.variance == pytest.approx([1 + (0.0225 + 0.000064) / 0.01, 1 + (0.0225 + 0.0016) / 0.01, 3.25])


def test_power_is_that_of_simulated_studies() -> None:
    """20,000 normal studies: the share of two-sided p-values at most the threshold, both tails."""
    expected, rng = Expectation(np.array([0.7, -2.0]), np.array([1.0, 3.0])), np.random.default_rng(3)
    z = expected.shift + np.sqrt(expected.variance) * rng.standard_normal((20_000, 2))
    thresholds = np.array([0.3, 0.01])
    share = (2 * norm.sf(np.abs(z)) <= thresholds).mean(axis=0)
    assert expected.power(thresholds) == pytest.approx(share, abs=0.015)
    assert expected.power(np.array([5.0, 1.0])) == pytest.approx([1.0, 1.0])
    assert expected.power(np.zeros(2)).tolist() == [0.0, 0.0]


def test_under_the_null_power_is_the_threshold() -> None:
    flat = Expectation(np.zeros(3), np.ones(3))
    assert flat.power(np.array([0.05, 1e-9, 0.9])) == pytest.approx([0.05, 1e-9, 0.9], rel=1e-9)


def test_the_assumed_calibration_is_a_correlation_of_one_half() -> None:
    found = assumed_calibration(LLM)
    explained = 0.4 * math.sqrt(np.mean(LLM.estimate**2))
    assert found.slope == 0.4
    assert explained**2 / (explained**2 + found.residual_sd**2) == pytest.approx(0.25)


def test_the_assumed_error_is_half_a_typical_effect() -> None:
    calibration = EffectCalibration(1.0, 0.0)
    certain = LlmEffects(np.array([3.0, 4.0]), np.zeros(2))
    assert assumed_standard_error(certain, calibration) == pytest.approx(math.sqrt(12.5) / 2)
    assert assumed_standard_error(LlmEffects(np.zeros(2), np.zeros(2)), calibration) == 1.0


def test_effects_beyond_doubt_stay_finite() -> None:
    found = expectation(LlmEffects(np.array([1e12, -1e12]), np.array([1e12, 0.0])), EffectCalibration(1e6, 1e12), 1e-9)
    assert found.shift.tolist() == [40.0, -40.0]
    assert np.isfinite(found.variance).all()
    assert root_mean_square(np.array([3e200, 4e200])) == pytest.approx(math.sqrt(12.5) * 1e200)
    assert root_mean_square(np.zeros(2)) == 0.0


def test_rows_are_picked() -> None:
    found = expectation(LLM, EffectCalibration(0.4, 0.15), 0.1).of(np.array([2, 0]))
    assert found.shift == pytest.approx([0.0, 2.0])
    assert found.variance.shape == (2,)
