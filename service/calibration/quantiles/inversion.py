"""A quantile from a distribution function: the estimate, and the pivot that its interval and p-value come from.

Formula: z(t) = (F(t) - q)/sqrt(V0(t)), V0(t) = V(t) q (1 - q)/[Fh(t)(1 - Fh(t)) n/(n - 1)]; thresholds t_1 < .. < t_K,
    estimate   the smallest t whose running maximum of F reaches q; the largest human answer if none does
    lower      values below t are excluded with error a where every threshold before t has P(T_df <= z) < a:
               the bound is the human answer after the last threshold before the first accepted one
    upper      values above t are excluded where every threshold from t on has P(T_df <= -z) < a:
               the bound is the threshold after the last accepted one
An end that reaches the first (last) threshold is open, or at the stated bound of the outcome. With both ends this is
the hull of {t : |F(t) - q| <= t_df sqrt(V0(t))}, extended to the right by one human answer, and where that set is
empty (F jumps over q between two answers) the answer at which it jumps.
    standard error   half the width of the same hull at |F(t) - q| <= sqrt(V0(t)), whose open ends are the smallest and
               the largest human answer
Shapes: K thresholds. Units: outcome units.
Assumes: as the engine for each indicator. Raises: nothing.
Source: Woodruff (1952), JASA 47:635-646; Sitter & Wu (2001), Statistics & Probability Letters 52:353-358.
Differs: the variance is moved to F = q, which is what is tested (a score test), in place of that at the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from scipy.special import ndtr, stdtr

from service.calibration.intervals.pivot import Side
from service.calibration.moments import FloatArray
from service.calibration.quantiles.distribution import Curve

ROUNDING = 1e-12  # shares that differ by less are the same


@dataclass(frozen=True, slots=True)
class Inversion:
    """The pivot of one arm's quantile: ends (K + 1,) rising, and the tails (K + 1,) up to which each is the bound.

    ``low_tails`` rise to 1 and ``high_tails`` fall from 1; ``low_ends[0]`` and ``high_ends[K]`` are infinite where the
    outcome has no stated bounds. ``error`` is the standard error, ``at`` the place of the estimate's threshold.
    """

    value: float
    error: float
    df: float
    at: int
    low_ends: FloatArray
    low_tails: FloatArray
    high_ends: FloatArray
    high_tails: FloatArray

    def bound(self, tail: float, side: Side) -> float | None:
        """The one-sided confidence bound with error ``tail``; None where it is open."""
        value = float(self.bounds(np.array([tail]), side)[0])
        return value if isfinite(value) else None

    def bounds(self, tails: FloatArray, side: Side) -> FloatArray:
        """The one-sided bounds with these errors; infinite where they are open."""
        if side == "lower":
            return np.asarray(self.low_ends[np.searchsorted(self.low_tails, tails, side="left")])
        last = len(self.high_tails) - 1 - np.searchsorted(self.high_tails[::-1], tails, side="left")
        return np.asarray(self.high_ends[last])

    def tail(self, value: float, side: Side) -> float:
        """The smallest tail at which that bound excludes ``value``."""
        if side == "lower":
            reached = int(np.searchsorted(self.low_ends, value, side="right"))
            return float(self.low_tails[reached - 1]) if reached else 0.0
        first = int(np.searchsorted(self.high_ends, value, side="left"))
        return float(self.high_tails[first]) if first < len(self.high_tails) else 0.0

    def tails(self, side: Side) -> FloatArray:
        """The tails at which a bound moves, (K + 1,)."""
        return self.low_tails if side == "lower" else self.high_tails

    def shifted(self, origin: float) -> Inversion:
        """The same with every value moved by ``origin``."""
        low, high = self.low_ends + origin, self.high_ends + origin
        return Inversion(self.value + origin, self.error, self.df, self.at, low, self.low_tails, high, self.high_tails)


def invert(curve: Curve, q: float, bounds: tuple[float, float] | None, *, normal: bool) -> Inversion:
    """The q-quantile of a distribution function; ``bounds`` (stored units) close open ends."""
    share, variance = curve.levels.share, curve.variance_at(q)
    root = np.sqrt(variance)
    gap = np.where(np.abs(share - q) < ROUNDING, 0.0, share - q)
    z = np.where(root > 0.0, gap / np.where(root > 0.0, root, 1.0), np.where(gap == 0.0, 0.0, np.copysign(inf, gap)))
    low, high = _chances(z, curve.levels.df, normal=normal)
    exact = (root == 0.0) & (gap == 0.0)
    low, high = np.where(exact, 1.0, low), np.where(exact, 1.0, high)
    outside = (-inf, inf) if bounds is None else bounds
    reached = np.flatnonzero(gap >= 0.0)
    at = int(reached[0]) if reached.size else len(share) - 1
    ends = _ends(curve, outside)
    return Inversion(
        value=float(curve.thresholds[at]) if reached.size else curve.last,
        error=_error(curve, z),
        df=float(curve.levels.df[at]),
        at=at,
        low_ends=ends[0],
        low_tails=np.maximum.accumulate(np.append(low, 1.0)),
        high_ends=ends[1],
        high_tails=np.maximum.accumulate(np.append(1.0, high)[::-1])[::-1],
    )


def _chances(z: FloatArray, df: FloatArray, *, normal: bool) -> tuple[FloatArray, FloatArray]:
    """P(T <= z) and P(T <= -z), the smaller one exact and the other what is left."""
    away = -np.abs(z)
    small = np.asarray(ndtr(away) if normal else stdtr(df, away))
    return np.where(z > 0.0, 1.0 - small, small), np.where(z < 0.0, 1.0 - small, small)


def _ends(curve: Curve, outside: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """The bound if a threshold is the first (last) accepted one, or if none is (the last, the first)."""
    low = np.concatenate(([outside[0]], curve.after))
    high = np.concatenate((curve.thresholds, [outside[1]]))
    return low, high


def _error(curve: Curve, z: FloatArray) -> float:
    """Half the width of the interval at one standard error of F; open ends at the outermost human answers."""
    low, high = _ends(curve, (curve.first, curve.last))
    above, below = np.flatnonzero(z >= -1.0), np.flatnonzero(z <= 1.0)
    start = low[above[0]] if above.size else low[-1]
    end = high[below[-1] + 1] if below.size else high[0]
    return float(end - start) / 2.0
