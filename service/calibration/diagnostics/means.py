"""Means of answers with their errors, and what is the difference of two of them: what several checks compare.

Formula: mean, s/sqrt(n), n - 1; with clusters the error is sqrt(G/(G-1) sum of squared cluster sums of deviations)/n on
G - 1 degrees of freedom. A combination sum t_k m_k of independent means has error sqrt(sum t_k^2 se_k^2) and Welch's
degrees of freedom. An interval is t; a two-sided p-value that of 0; equivalence within a margin is the larger of two
one-sided p-values.
Shapes: n answers. Units: those of the answers.
Assumes: independent units or clusters. Breaks: means of different arms that share clusters. Raises: nothing.
Source: Welch (1947), Biometrika 34:28-35; Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15:657-680.
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from service.calibration.diagnostics.finding import Interval
from service.calibration.moments import FloatArray, IntArray

FEWEST = 3


@dataclass(frozen=True, slots=True)
class Mean:
    """An estimate with its standard error and degrees of freedom."""

    value: float
    error: float
    df: float

    def interval(self, level: float) -> Interval:
        """The t interval."""
        size = float(stdtrit(self.df, (1.0 + level) / 2.0)) * self.error
        return Interval("t", level, self.value - size, self.value + size)

    @property
    def p_value(self) -> float:
        """Two-sided, of 0."""
        if self.error == 0.0:
            return 1.0 if self.value == 0.0 else 0.0
        return float(2.0 * stdtr(self.df, -abs(self.value) / self.error))

    def beyond(self, margin: float) -> float:
        """The larger p-value of the two tests that the value is outside -+ margin."""
        if self.error == 0.0:
            return 0.0 if abs(self.value) < margin else 1.0
        return float(stdtr(self.df, (abs(self.value) - margin) / self.error))


def mean(values: FloatArray, cluster: IntArray | None = None) -> Mean | None:
    """The mean of answers (n,); None of fewer than 3, or of one cluster."""
    n = values.shape[0]
    if n < FEWEST:
        return None
    middle = float(values.mean())
    deviations = values - middle
    if cluster is None:
        return Mean(middle, sqrt(float(deviations @ deviations) / (n * (n - 1.0))), n - 1.0)
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], deviations)
    if sums.shape[0] < FEWEST - 1:
        return None
    return Mean(middle, sqrt(float(sums @ sums) * sums.shape[0] / (sums.shape[0] - 1.0)) / n, sums.shape[0] - 1.0)


def combined(parts: Sequence[tuple[float, Mean]]) -> Mean:
    """The sum of weight x mean over independent means."""
    squares = [(t * m.error) ** 2 for t, m in parts]
    total = sum(squares)
    bottom = sum(s * s / m.df for s, (_, m) in zip(squares, parts, strict=True))
    df = total * total / bottom if bottom > 0.0 else min(m.df for _, m in parts)
    return Mean(sum(t * m.value for t, m in parts), sqrt(total), df)
