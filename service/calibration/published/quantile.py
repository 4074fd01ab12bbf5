"""PPI of a quantile as ppi-python 0.2.3 computes it on its exact grid: the rectified distribution function, inverted.

Formula: F(t) = mean 1{f_only <= t} + mean (1{y <= t} - 1{f <= t}) at every observed value t;
    estimate = the first t at which |F(t) - q| is smallest
    interval = the smallest and largest t with 2 Phi(-|F(t) - q| / s(t)) > 1 - level,
    s(t)^2 = var 1{f_only <= t}/N + var (1{y <= t} - 1{f <= t})/n, ddof 0, s not below 1e-16
    p-value of a value v = the largest 1 - level at which the interval still holds v: the smaller of the largest
    2 Phi(-|F(t) - q| / s(t)) at t <= v and the largest at t >= v
Counts of {y <= t}, {f <= t}, {f_only <= t}, {min(y, f) <= t} and {max(y, f) <= t} after sorting give everything:
O((n + N) log(n + N)) time, O(n + N) memory.
Shapes: y and f (n,), f_only (N,). Units: outcome units.
Assumes: humans and LLM-only units from one population, independent, equally weighted.
Breaks: with few distinct values (ratings) F jumps over q and no value is accepted; then the interval is the hull of the
values at which F passes from below q to above, and ``accepted`` is 0. F need not rise everywhere.
Raises: nothing. lambda is 1: the published form of a quantile has no power tuning.
Source: Angelopoulos et al. 2301.09633, algorithm 2; Angelopoulos, Duchi & Zrnic 2311.01453.
Differs: ppi-python has no p-value here, needs (n + N)^2 memory, raises where no value is accepted, and lets rounding
choose between values of t that are equally good; here it is the smallest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from service.calibration.moments import FloatArray

SMALLEST_ERROR = 1e-16
TIE = 1e-14  # distribution functions closer than this differ by rounding only


Function = tuple[FloatArray, FloatArray, FloatArray]  # values t, F(t) - q and s(t), each (K,)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile: published point, interval, and how many observed values the test accepts."""

    estimate: float
    lower: float
    upper: float
    accepted: int


def quantile(rows: tuple[FloatArray, FloatArray, FloatArray], q: float, confidence_level: float) -> Quantile:
    """The q-quantile (0 < q < 1) of rows = (y, f, f_only) and its two-sided interval."""
    return inverted(rectified(*rows, q), confidence_level)


def rectified(y: FloatArray, f: FloatArray, f_only: FloatArray, q: float) -> Function:
    """The distinct observed values t, F(t) - q and s(t); counts are whole numbers until the last division."""
    n, m = len(y), len(f_only)
    grid = np.unique(np.concatenate([y, f, f_only]))

    def count(values: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.searchsorted(np.sort(values), grid, side="right").astype(np.int64)

    only, shift = count(f_only), count(y) - count(f)
    unequal = count(np.minimum(y, f)) - count(np.maximum(y, f))
    variance = only * (m - only) / float(m) ** 3 + (n * unequal - shift * shift) / float(n) ** 3
    return grid, only / m + shift / n - q, np.maximum(np.sqrt(variance), SMALLEST_ERROR)


def inverted(function: Function, confidence_level: float) -> Quantile:
    """Point and two-sided interval of a rectified distribution function."""
    grid, distance, _ = function
    off = np.abs(distance)
    estimate = grid[np.argmax(off <= off.min() + TIE)]
    kept = np.flatnonzero(_chances(function) > 1.0 - confidence_level)
    ends = kept[[0, -1]] if len(kept) else _jump(distance)
    return Quantile(float(estimate), float(grid[ends[0]]), float(grid[ends[1]]), len(kept))


def p_value(function: Function, value: float) -> float:
    """The p-value that goes with the intervals of ``inverted`` at every level that accepts an observed value."""
    grid, chances = function[0], _chances(function)
    sides = chances[grid <= value], chances[grid >= value]
    return min(float(side.max(initial=0.0)) for side in sides)


def _chances(function: Function) -> FloatArray:
    """p(t) at every observed value."""
    _, distance, error = function
    return np.asarray(2.0 * ndtr(-np.abs(distance) / error))


def _jump(distance: FloatArray) -> tuple[int, int]:
    """First index above q, and the one after the last below; the largest value has F = 1, above any q.

    No distance is 0: such a value would have been accepted.
    """
    below = np.flatnonzero(distance < 0.0)
    return int(np.argmax(distance > 0.0)), int(below[-1]) + 1 if len(below) else 0
