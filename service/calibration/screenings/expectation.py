"""Expectation: what LLM effects let one expect of the humans' test statistics, before any of these is seen.

Formula: effect_i ~ N(intercept + slope llm_i, residual_sd^2 + slope^2 se_llm_i^2);
    z_i = human estimate / planned standard error ~ N(shift_i, variance_i), variance_i = 1 + var(effect_i)/planned^2
    without a stated calibration: slope 0.4, residual_sd = sqrt(3) slope rms(llm), a correlation of one half;
    without a planned error: half of the root mean square of the expected human effects
Shapes: J hypotheses. Units: effects and errors in outcome units, z in standard errors.
Assumes: the calibration was found on earlier studies, not on these humans; humans' estimates are normal.
Breaks: a wrong calibration costs discoveries, never the error rate.
Raises: nothing.
Source: the base rates of LLM-only effects, two to three times too large (statistics of the track records).
Differs: shifts beyond 40 standard errors count as 40.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from service.calibration.moments import FloatArray, IntArray

SLOPE, CORRELATION = 0.4, 0.5  # assumed where no calibration is stated
FARTHEST, WIDEST = 40.0, 1e12


@dataclass(frozen=True, slots=True)
class LlmEffects:
    """LLM-only effects (J,) and their standard errors (J,): all that weights may rest on."""

    estimate: FloatArray
    standard_error: FloatArray


@dataclass(frozen=True, slots=True)
class EffectCalibration:
    """What turns an LLM effect into an expected human one."""

    slope: float
    residual_sd: float
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """The humans' z statistics as expected: normal with means ``shift`` (J,) and variances ``variance`` (J,) >= 1."""

    shift: FloatArray
    variance: FloatArray

    def power(self, thresholds: FloatArray) -> FloatArray:
        """Probability (J,) that a two-sided p-value is at most its threshold (J,); both tails."""
        critical, spread = -ndtri(np.minimum(thresholds, 1.0) / 2.0), np.sqrt(self.variance)
        found = ndtr((self.shift - critical) / spread) + ndtr((-self.shift - critical) / spread)
        return np.minimum(1.0, found)

    def of(self, rows: IntArray) -> Expectation:
        """Of some of the hypotheses: indexes."""
        return Expectation(self.shift[rows], self.variance[rows])


def assumed_calibration(llm: LlmEffects) -> EffectCalibration:
    """The calibration where none is stated, from the size of the LLM effects."""
    spread = SLOPE * sqrt(1.0 / CORRELATION**2 - 1.0) * root_mean_square(llm.estimate)
    return EffectCalibration(SLOPE, spread)


def assumed_standard_error(llm: LlmEffects, calibration: EffectCalibration) -> float:
    """The planned error where none is stated: a typical human effect is then two of them away from zero."""
    mean, variance = _effects(llm, calibration)
    typical = sqrt(float(np.mean(mean**2 + variance)))
    return typical / 2.0 if typical > 0.0 else 1.0


def expectation(llm: LlmEffects, calibration: EffectCalibration, planned: float) -> Expectation:
    """What to expect of the humans' z statistics at a planned standard error; nothing human enters."""
    mean, variance = _effects(llm, calibration)
    shift = np.clip(mean / planned, -FARTHEST, FARTHEST)
    return Expectation(shift, 1.0 + np.minimum(variance / planned**2, WIDEST))


def root_mean_square(values: FloatArray) -> float:
    """Root mean square (J,) without overflow."""
    largest = float(np.abs(values).max())
    return largest * sqrt(float(np.mean((values / largest) ** 2))) if largest > 0.0 else 0.0


def _effects(llm: LlmEffects, calibration: EffectCalibration) -> tuple[FloatArray, FloatArray]:
    mean = calibration.intercept + calibration.slope * llm.estimate
    return mean, calibration.residual_sd**2 + (calibration.slope * llm.standard_error) ** 2
