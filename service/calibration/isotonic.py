"""Isotonic regression: the monotone function nearest to the data, by pooling adjacent violators.

Formula: minimise sum w_i (y_i - g(x_i))^2 over nondecreasing (or nonincreasing) g. Equal x are one point with their
weighted mean; neighbours in the wrong order take their common mean until none is left. g is linear between the points
and flat beyond them; it rises or falls as the weighted correlation of x and y says, and is constant where that is 0.
Shapes: n units; points and values (L,), L distinct x. O(n log n). Units: values in those of y.
Source: Ayer, Brunk, Ewing, Reid & Silverman (1955), Annals of Mathematical Statistics 26:641-647; Barlow, Bartholomew,
Bremner & Brunk (1972), Statistical Inference under Order Restrictions, chapter 1.
Differs: whole falling runs are pooled at once, in a few passes over arrays; what then remains is pooled one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from service.calibration.moments import FloatArray

PASSES = 40  # random data need about 10; data made for it need as many as there are points
ROUNDING = 1e-12  # a correlation below this is rounding, and has no sign


@dataclass(frozen=True, slots=True)
class Monotone:
    """A monotone function: values (L,) at increasing points (L,), linear between them and flat beyond."""

    points: FloatArray
    values: FloatArray

    def at(self, x: FloatArray) -> FloatArray:
        """The function at x (m,), as (m,)."""
        return np.interp(x, self.points, self.values)


def monotone(x: FloatArray, y: FloatArray, weight: FloatArray) -> Monotone:
    """The monotone function of x (n,) nearest to y (n,) with positive weights (n,)."""
    order = np.argsort(x, kind="stable")
    ordered, w = x[order], weight[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    whole = np.add.reduceat(w, first)
    means = np.add.reduceat(w * y[order], first) / whole
    sign = _sign(x, y, weight)
    if sign == 0:
        return Monotone(ordered[:1], np.array([float(weight @ y / weight.sum())]))
    return Monotone(ordered[first], sign * pooled(sign * means, whole))


def _sign(x: FloatArray, y: FloatArray, weight: FloatArray) -> int:
    """The sign of the weighted correlation; 0 up to rounding."""
    total = weight.sum()
    dx, dy = x - weight @ x / total, y - weight @ y / total
    product, size = float(weight @ (dx * dy)), sqrt(float(weight @ (dx * dx)) * float(weight @ (dy * dy)))
    return 0 if abs(product) <= ROUNDING * size else int(np.sign(product))


def pooled(means: FloatArray, weight: FloatArray) -> FloatArray:
    """The nondecreasing sequence (L,) nearest to means (L,) with weights (L,)."""
    counts: NDArray[np.int64] = np.ones(means.shape, dtype=np.int64)
    for _ in range(PASSES):
        falls = means[1:] < means[:-1]
        if not falls.any():
            return np.repeat(means, counts)
        starts = np.flatnonzero(np.concatenate(([True], ~falls)))
        sums = np.add.reduceat(weight * means, starts)
        weight, counts = np.add.reduceat(weight, starts), np.add.reduceat(counts, starts)
        means = sums / weight
    blocks, sizes = _one_by_one(means, weight, counts)
    return np.repeat(blocks, sizes)


def _one_by_one(
    means: FloatArray, weight: FloatArray, counts: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Blocks' means and numbers of points: every block joins those before it for as long as they are above it."""
    blocks: list[tuple[float, float, int]] = []
    for mean, w, count in zip(means.tolist(), weight.tolist(), counts.tolist(), strict=True):
        block = (mean, w, count)
        while blocks and blocks[-1][0] > block[0]:
            before = blocks.pop()
            together = before[1] + block[1]
            block = ((before[1] * before[0] + block[1] * block[0]) / together, together, before[2] + block[2])
        blocks.append(block)
    return np.array([b[0] for b in blocks]), np.array([b[2] for b in blocks])
