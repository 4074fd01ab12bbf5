"""Congruence of the leading factor of human and LLM answers to the same items.

Name: Tucker's coefficient of congruence (Burt's unadjusted correlation).
Formula: x, y the loadings of all items on the first principal component of the human and the LLM correlation matrix,
    congruence = |sum x y| / sqrt(sum x^2 sum y^2)
the sign of a component being arbitrary; interval 2 c - quantiles of bootstrap replicates (units, pairs or clusters
drawn again), cut at 0 and 1. From .95 factors count as equal, from .85 as fairly similar.
Shapes: k >= 3 items (of two it is 0 or 1). Units: none.
Assumes: independent units or clusters. Breaks: items that hardly correlate have no leading factor: a wide interval.
Raises: nothing.
Source: Tucker (1951), Personnel Research Section Report 984; Lorenzo-Seva & ten Berge (2006), Methodology 2:57-64 (.85
and .95); Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
Differs: principal component, not a fitted factor: nothing to converge, and defined for every correlation matrix.
"""

from __future__ import annotations

import numpy as np

from service.calibration.diagnostics.finding import Interval, Measure
from service.calibration.diagnostics.items import Items
from service.calibration.moments import FloatArray, IntArray

FEWEST = 3
FAIR, EQUAL = 0.85, 0.95
REPLICATES = 499


def congruence(items: Items, level: float, generator: np.random.Generator) -> Measure:
    """The coefficient with its basic bootstrap interval; without one where units that are no pairs are clustered."""
    n, m = items.y.shape[1], items.f.shape[1]
    whole = (np.full((1, size), 1.0 / size) for size in (n, m))
    own = float(_coefficient(*map(_matrices, (items.y, items.f), whole))[0])
    if items.clustered:
        return Measure("congruence", own)
    weight = _drawn(n, items.cluster, generator)
    other = weight if items.paired else _drawn(m, None, generator)
    again = _coefficient(_matrices(items.y, weight), _matrices(items.f, other))
    low, high = np.quantile(again, ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
    lower, upper = max(0.0, 2.0 * own - float(high)), min(1.0, 2.0 * own - float(low))
    return Measure("congruence", own, Interval("basic_bootstrap", level, min(lower, 1.0), max(upper, 0.0)))


def _drawn(n: int, cluster: IntArray | None, generator: np.random.Generator) -> FloatArray:
    """Weights (replicates, n) that sum to 1 of units, or clusters, drawn with replacement."""
    codes = np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    groups = int(codes.max()) + 1
    drawn = generator.integers(groups, size=(REPLICATES, groups)) + groups * np.arange(REPLICATES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=REPLICATES * groups).reshape(REPLICATES, groups)[:, codes]
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _matrices(rows: FloatArray, weight: FloatArray) -> FloatArray:
    """Correlation matrices (replicates, k, k) of rows (k, n) under weights; an item that does not vary has none."""
    k = rows.shape[0]
    z = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    a, b = np.triu_indices(k)
    means = weight @ z.T
    products = weight @ (z[a] * z[b]).T - means[:, a] * means[:, b]
    full = np.zeros((weight.shape[0], k, k))
    full[:, a, b] = products
    full[:, b, a] = products
    spread = np.sqrt(np.maximum(np.einsum("rkk->rk", full), 0.0))
    scale = np.where(spread > 1e-9, 1.0 / np.where(spread > 1e-9, spread, 1.0), 0.0)
    found = full * scale[:, :, None] * scale[:, None, :]
    found[:, np.arange(k), np.arange(k)] = 1.0
    return found


def _coefficient(one: FloatArray, other: FloatArray) -> FloatArray:
    """The absolute cosine of the leading eigenvectors of each pair of matrices."""
    x, y = (np.linalg.eigh(matrices)[1][:, :, -1] for matrices in (one, other))
    return np.asarray(np.abs(np.einsum("rk,rk->r", x, y)))
