"""The line of human on LLM effects over studies: random-effects meta-regression with Hartung-Knapp errors.

Formula: human_i = a + b l_i + u_i + e_i, l_i the true LLM effect, Var u = tau2, Cov e = V known. The measured LLM
effect is replaced by x_i = E[l_i | measured] (llm_effects.py), which adds b^2 times the variance left to V; tau2 by
REML, (a, b) by least squares at W = (V + b^2 left + tau2 I)^-1, and again until b stands still.
Cov(a, b) = q (X'W X)^-1, q = max(1, r'W r/(n - 2)); quantiles are those of t on the studies' degrees of freedom.
Without spread of LLM effects b is not estimated (None) and the line is the mean of the human effects.

**Shapes** n effects; coefficients (p,), covariance (p, p), p = 2, or 1 without slope.
**Units** a in effect units, b none, tau2 squared.
**Assumes** normal effects of exchangeable studies on a straight line, known sampling covariances.
**Breaks** a curve, or studies of two kinds: one line and one tau2 fit neither.
**Raises** nothing.
**Source** Hartung & Knapp (2001), Statistics in Medicine 20:3875-3889; Knapp & Hartung (2003) for regression;
Roever, Knapp & Friede (2015), BMC Medical Research Methodology 15:99, for max(1, q).
**Differs** from metafor's rma in errors of the LLM effects, and in max(1, q): without it a record that happens to lie
on a line has intervals of no width. Without LLM errors a, b and tau2 are metafor's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.track_records.llm_effects import LlmEffects
from service.calibration.track_records.record import TrackRecord
from service.calibration.track_records.reml import Reml, Rows, mean_variance, reml
from service.calibration.track_records.sampling import Sampling, rotated

ROUNDS, STILL = 50, 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """Coefficients (a, b) or (a,), the root of their covariance, variance between studies beside and without the LLM's.

    ``root`` (p, p): covariance = root root'. A variance by it is never below zero, however far from zero effects lie.
    ``tau2`` is the REML estimate, ``tau2_mean`` the mean over the restricted likelihood.
    """

    coefficients: FloatArray
    root: FloatArray
    tau2: float
    tau2_mean: float
    tau2_total: float

    @property
    def covariance(self) -> FloatArray:
        """Of the coefficients (p, p)."""
        found: FloatArray = self.root @ self.root.T
        return found

    def variance(self, place: FloatArray) -> float:
        """Of the line at (1, x), or (1,)."""
        return float(((place @ self.root) ** 2).sum())

    @property
    def slope(self) -> float | None:
        """The slope, if there is one."""
        return float(self.coefficients[1]) if len(self.coefficients) > 1 else None


@dataclass(frozen=True, slots=True)
class Fit:
    """A REML fit of rows, and the matrix (p, p) that takes its coefficients back to (a, b)."""

    rows: Rows
    reml: Reml
    back: FloatArray

    @property
    def coefficients(self) -> FloatArray:
        """The coefficients (a, b)."""
        found: FloatArray = self.back @ self.reml.coefficients
        return found


def line(record: TrackRecord, errors: Sampling, llm: LlmEffects) -> Line:
    """The fitted line; at least as many effects as 1 + its coefficients."""
    y, one = record.human.estimate, np.ones((len(record.names), 1))
    rows = rotated(errors, np.zeros(len(y)), y, one)
    alone = reml(rows)
    if llm.alike:
        return _line(Fit(rows, alone, np.eye(1)), alone.tau2)
    return _line(sloped(record, errors, llm), alone.tau2)


def sloped(record: TrackRecord, errors: Sampling, llm: LlmEffects, integrated: int | None = None) -> Fit:
    """The fit on standardised LLM effects."""
    y, middle, spread = record.human.estimate, float(llm.expected.mean()), float(llm.expected.std())
    x = np.column_stack([np.ones(len(y)), (llm.expected - middle) / spread])
    slope, before, rounds = 0.0, np.inf, 0
    while abs(slope - before) > STILL * abs(slope) and rounds < ROUNDS:
        rounds += 1
        rows = rotated(errors, slope**2 * llm.left, y, x)
        fit = reml(rows, integrated)
        before, slope = slope, float(fit.coefficients[1]) / spread
        if not llm.left.any():
            break
    return Fit(rows, fit, np.array([[1.0, -middle / spread], [0.0, 1.0 / spread]]))


def _line(fit: Fit, total: float) -> Line:
    found, n = fit.reml, len(fit.rows.y)
    inflation = max(1.0, found.residual / (n - len(found.coefficients)))
    return Line(
        fit.coefficients,
        np.sqrt(inflation) * fit.back @ np.linalg.inv(np.linalg.cholesky(found.information)).T,
        found.tau2,
        mean_variance(fit.rows, found.tau2),
        total,
    )
