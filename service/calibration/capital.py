"""Capital processes: bets against a mean in [0, 1] that are fair or losing when the mean is not above a value.

Formula: see ``intervals/betting``. With bets that do not depend on the value beyond their cap, the capital falls as the
value rises, so that the values it rules out are those below a bound.
Shapes: adjusted outcomes x (n,) in [-reach, 1 + reach], reach (n,). Units: outcomes mapped to [0, 1].
Source: Waudby-Smith & Ramdas 2010.09686, sections 4.1 to 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

from service.calibration.moments import FloatArray, IntArray

TUNED_FOR = 0.025  # one-sided error at which the bets are best
GOAL = -log(TUNED_FOR)
CAP = 0.75  # largest share of the capital that one bet can lose
SHARES = np.linspace(0.0, 1.0, 9)[:, None]
PRIOR_MEAN, PRIOR_VARIANCE = 0.5, 0.25
CELLS = 128
STEPS = 40


@dataclass(frozen=True, slots=True)
class Bets:
    """Adjusted outcomes x (n,) and how far beyond [0, 1] each can reach (n,)."""

    x: FloatArray
    reach: FloatArray


def bets(y: FloatArray, f: FloatArray, reference: FloatArray, block: IntArray) -> Bets:
    """x_i = y_i - b_i (f_i - reference_i), reference_i the mean of ``block`` f's; b_i = 0 where the block is empty.

    b_i is the share (of 0, 1/8, .., 1) of the best slope so far at which the bound is expected to be nearest.
    """
    before = np.arange(y.shape[0])
    count = np.maximum(before, 1)
    sums = [_before(v) for v in (y, f, y * f, y * y, f * f)]
    covariance = (sums[2] - sums[0] * sums[1] / count) / count
    spread = np.maximum(sums[4] - sums[1] * sums[1] / count, 0.0) / count * (1.0 + 1.0 / np.maximum(block, 1))
    own = np.maximum(sums[3] - sums[0] * sums[0] / count, 0.0) / count
    prior = PRIOR_VARIANCE / (before + 1)
    best = np.where(block > 0, np.clip(covariance / (spread + prior), -1.0, 1.0), 0.0)
    slopes = SHARES * best
    expected = _distance(own - 2.0 * slopes * covariance + slopes**2 * spread + prior, np.abs(slopes))
    slope = slopes[expected.argmin(axis=0), before]
    return Bets(y - slope * (f - reference), np.abs(slope))


def _distance(variance: FloatArray, reach: FloatArray) -> FloatArray:
    """Expected distance from the mean to its bound: log(1/a)/(n l) + l variance/2 at the best bet l under its cap."""
    n = variance.shape[-1]
    bet = np.minimum(np.sqrt(2.0 * GOAL / (n * variance)), CAP / (PRIOR_MEAN + reach))
    return np.asarray(GOAL / (n * bet) + bet * variance / 2.0)


@dataclass(frozen=True, slots=True)
class Capital:
    """Bets that the mean of x is above a value; ``logs`` is the largest log capital at ``CELLS`` + 1 equal steps.

    The last is 0: that the mean is at most 1 is certain.
    """

    x: FloatArray
    reach: FloatArray
    size: FloatArray
    logs: FloatArray

    @classmethod
    def against(cls, x: FloatArray, reach: FloatArray) -> Capital:
        """The process with bets from the running variance of x."""
        n = x.shape[0]
        steps = np.arange(1, n + 1)
        mean = (PRIOR_MEAN + np.cumsum(x)) / (steps + 1)
        variance = (PRIOR_VARIANCE + _before((x - mean) ** 2)) / steps
        size = np.sqrt(2.0 * GOAL / (n * variance))
        logs = np.array([*(_log_capital(x, reach, size, m) for m in np.linspace(0.0, 1.0, CELLS + 1)[:-1]), 0.0])
        return cls(x, reach, size, logs)

    def tail(self, mean: float) -> float:
        """p-value of the hypothesis that the mean is at most ``mean``."""
        if not 0.0 <= mean < 1.0:
            return 0.0 if mean < 0.0 else 1.0
        return exp(-_log_capital(self.x, self.reach, self.size, mean))

    def bound(self, tail: float) -> float:
        """Smallest mean in [0, 1] whose p-value is not below ``tail``."""
        goal = -log(tail)
        cell = int(np.argmax(self.logs <= goal))
        if cell == 0:
            return 0.0
        low, high = (cell - 1) / CELLS, cell / CELLS
        for _ in range(STEPS):
            middle = (low + high) / 2.0
            ruled_out = _log_capital(self.x, self.reach, self.size, middle) > goal
            low, high = (middle, high) if ruled_out else (low, middle)
        return high


def _log_capital(x: FloatArray, reach: FloatArray, size: FloatArray, mean: float) -> float:
    """Largest log capital over time, at least the log of the 1 that is there at first."""
    bet = np.minimum(size, CAP / np.maximum(mean + reach, 1e-300))
    return max(0.0, float(np.cumsum(np.log1p(bet * (x - mean))).max()))


def _before(values: FloatArray) -> FloatArray:
    """Sum of the values before each place, (n,)."""
    return np.concatenate(([0.0], np.cumsum(values)[:-1]))
