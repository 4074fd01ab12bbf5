"""True LLM effects behind the measured ones: their spread over studies, and how much of each measurement is signal.

Formula: f_i = m + u_i + e_i, Var u = g, Var e_i = s_i^2 known; g and m by REML; reliability r_i = g/(g + s_i^2) and
E[true LLM effect | f_i] = m + r_i (f_i - m), with variance r_i s_i^2 left (s_i = 0: f_i itself, nothing left).
**Shapes** n effects.
**Units** those of the effects; g squared.
**Assumes** normal, independent LLM effects and errors.
**Breaks** LLM errors from a different process than the past ones (fewer personas, another model).
**Raises** nothing; ``alike`` when the effects do not vary beyond their errors.
**Source** Carroll, Ruppert, Stefanski & Crainiceanu (2006), Measurement Error in Nonlinear Models, chapter 4
(regression calibration).
**Differs** in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.track_records.record import TINIEST, Effects
from service.calibration.track_records.reml import Rows, reml

ROUNDING = 1e-12  # spread relative to the largest effect that counts as none
LEAST = 1e-14  # of a variance relative to the largest


@dataclass(frozen=True, slots=True)
class LlmEffects:
    """Mean and variance of the true LLM effects; expected true effects (n,) and the variance (n,) left of each."""

    mean: float
    variance: float
    expected: FloatArray
    left: FloatArray

    @property
    def alike(self) -> bool:
        """Whether there is no spread to regress on."""
        return bool(self.variance == 0.0 or np.ptp(self.expected) <= ROUNDING * np.abs(self.expected).max())

    def expect(self, estimate: float, standard_error: float) -> tuple[float, float]:
        """The expected true effect behind another measurement, and the variance left."""
        expected, left = _expected(self.mean, self.variance, np.array([estimate]), np.array([standard_error]))
        return float(expected[0]), float(left[0])

    def measured(self, expected: float, standard_error: float) -> float:
        """The measurement behind which an effect is expected: the inverse of ``expect``."""
        return self.mean + (expected - self.mean) * (1.0 + standard_error**2 / self.variance)


def llm_effects(effects: Effects) -> LlmEffects:
    """The true effects behind two or more measured ones."""
    errors, scatter = effects.standard_error**2, float(effects.estimate.var())
    if scatter <= max(ROUNDING * np.abs(effects.estimate).max(), TINIEST) ** 2:
        mean = float(effects.estimate.mean())
        return LlmEffects(mean, 0.0, *_expected(mean, 0.0, effects.estimate, effects.standard_error))
    least = LEAST * max(scatter, float(errors.max()))
    fit = reml(Rows(effects.estimate, np.ones((len(errors), 1)), np.maximum(errors, least)))
    mean = float(fit.coefficients[0])
    return LlmEffects(mean, fit.tau2, *_expected(mean, fit.tau2, effects.estimate, effects.standard_error))


def _expected(mean: float, variance: float, estimate: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    noise = error**2
    total = variance + noise
    signal = np.divide(variance, total, out=np.ones_like(total), where=total > 0)
    return np.where(noise == 0, estimate, mean + signal * (estimate - mean)), signal * noise
