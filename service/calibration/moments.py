"""Counts, means and scatter matrices: what a set of units says about means and covariances, and nothing else.

Formula: for rows z_1..z_n of k columns, mean = sum z_i / n and scatter = sum (z_i - mean)(z_i - mean)'.
Two sets merge exactly: with d = mean_b - mean_a,
    n = n_a + n_b,  mean = mean_a + d n_b / n,  scatter = scatter_a + scatter_b + d d' n_a n_b / n.
Source: Chan, Golub & LeVeque (1983), The American Statistician 37(3), equations 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DIGITS_LOST = 16.0
FEW = 4


@dataclass(frozen=True, slots=True)
class Moments:
    """Count n, mean (k,) and scatter (k, k) of a set of units; scatter has the squared units of the columns.

    With weights (mean 1) both are weighted, and ``kish`` is the number of equally weighted units worth as much.
    """

    n: int
    mean: FloatArray
    scatter: FloatArray
    kish: float | None = None

    @property
    def size(self) -> float:
        """Number of equally weighted units worth as much: n, or Kish's (sum w)^2 / sum w^2."""
        return self.n if self.kish is None else self.kish

    def covariance(self, ddof: int = 1) -> FloatArray:
        """Scatter / (n - ddof), shape (k, k)."""
        return self.scatter / (self.n - ddof)

    def select(self, index: Sequence[int]) -> Moments:
        """The moments of a subset of the columns, in the order of ``index``."""
        keep = np.array(index, dtype=np.intp)
        return Moments(self.n, self.mean[keep], self.scatter[keep[:, None], keep], self.kish)

    def without_first(self) -> Moments:
        """The moments of all columns but the first, which is the outcome of humans."""
        return Moments(self.n, self.mean[1:], self.scatter[1:, 1:], self.kish)


def of_columns(columns: FloatArray) -> Moments:
    """Moments of ``columns``, shape (k, n): one row per column of the data.

    The raw second moments serve where they exceed the scatter by less than ``DIGITS_LOST`` (a mean within about four
    standard deviations of 0), which spares a copy of the data; elsewhere deviations from the mean are taken.
    """
    n = columns.shape[1]
    mean = np.add.reduce(columns, axis=1) / n
    raw = products(columns)
    scatter = raw - mean[:, None] * (mean * n)
    if np.all(scatter.diagonal() * DIGITS_LOST > raw.diagonal()):
        return Moments(n, mean, scatter)
    return centred(columns)[0]


def products(columns: FloatArray) -> FloatArray:
    """Sums of products (k, k) of ``columns`` (k, n); of a few long ones pair by pair, which is faster than BLAS's."""
    k = columns.shape[0]
    if k > FEW:
        return np.asarray(columns @ columns.T)
    found = np.empty((k, k))
    for i, row in enumerate(columns):
        for j in range(i + 1):
            found[i, j] = found[j, i] = row @ columns[j]
    return found


def centred(columns: FloatArray) -> tuple[Moments, FloatArray]:
    """Moments of ``columns`` (k, n) and the deviations from their means (k, n)."""
    n = columns.shape[1]
    mean = np.add.reduce(columns, axis=1) / n
    deviations = columns - mean[:, None]
    return Moments(n, mean, deviations @ deviations.T), deviations


def weighted(columns: FloatArray, weight: FloatArray) -> tuple[Moments, FloatArray]:
    """Weighted moments of ``columns`` (k, n), and sqrt(w) x deviations from the weighted means (k, n); w has mean 1."""
    n = columns.shape[1]
    mean = columns @ weight / n
    deviations = (columns - mean[:, None]) * np.sqrt(weight)
    return Moments(n, mean, deviations @ deviations.T, kish(weight)), deviations


def kish(weight: FloatArray) -> float:
    """How many equally weighted units weights (n,) are worth: (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling)."""
    return float(weight.sum()) ** 2 / float(weight @ weight)


def of_covariance(n: int, mean: FloatArray, covariance: FloatArray) -> Moments:
    """Moments from a mean (k,) and a covariance (k, k) that divides by n - 1."""
    return Moments(n, mean, covariance * (n - 1))


def merge(parts: Sequence[Moments]) -> Moments:
    """The moments of all parts together, exactly as if their rows had been one set; ``parts`` is not empty."""
    return reduce(_merge_two, parts)


def _merge_two(a: Moments, b: Moments) -> Moments:
    n = a.n + b.n
    gap = b.mean - a.mean
    mean = a.mean + gap * (b.n / n)
    scatter = a.scatter + b.scatter + gap[:, None] * (gap * (a.n * (b.n / n)))
    return Moments(n, mean, scatter, None if a.kish is None and b.kish is None else a.size + b.size)
