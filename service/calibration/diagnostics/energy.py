"""Energy distance of two groups, and its permutation test.

Formula: E = 2 mean|x - y| - mean|x - x'| - mean|y - y'| over columns standardised by the pooled spread; the p-value is
(1 + permutations with E at least as large) / (1 + permutations).
Shapes: columns (p, n) and (p, m). Units: standard deviations.
Assumes: independent units without weights. Breaks: of more than ``MOST`` units a random part is compared.
Raises: nothing.
Source: Szekely & Rizzo (2013), Journal of Statistical Planning and Inference 143:1249-1272, equations 5 and 6.4.
Differs: in nothing.
"""

from __future__ import annotations

import numpy as np

from service.calibration.moments import FloatArray

MOST = 600
PERMUTATIONS = 999
CLOSE = 1e-12


def energy_test(one: FloatArray, other: FloatArray, seed: int) -> tuple[float, float]:
    """Energy distance of columns (p, n) and (p, m), and its p-value."""
    generator = np.random.default_rng(seed)
    one, other = _part(one, MOST // 2, generator), _part(other, MOST - min(one.shape[1], MOST // 2), generator)
    rows = np.concatenate((one, other), axis=1)
    spread = rows.std(axis=1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / np.where(spread > 0.0, spread, 1.0)[:, None]
    distance = _distances(rows)
    n, total = one.shape[1], rows.shape[1]
    members = np.zeros((total, PERMUTATIONS + 1))
    members[:n, 0] = 1.0
    for r in range(1, PERMUTATIONS + 1):
        members[generator.permutation(total)[:n], r] = 1.0
    found = _energy(distance, members, n)
    return max(0.0, float(found[0])), float((found >= found[0] - CLOSE).sum()) / (PERMUTATIONS + 1.0)


def _energy(distance: FloatArray, members: FloatArray, n: int) -> FloatArray:
    """The distance of each split, a column of ``members`` (total, splits)."""
    total = distance.shape[0]
    m = total - n
    to_one = distance @ members
    within = (members * to_one).sum(axis=0)
    across = to_one.sum(axis=0) - within
    rest = distance.sum() - 2.0 * across - within
    return np.asarray(2.0 * across / (n * m) - within / n**2 - rest / m**2)


def _distances(rows: FloatArray) -> FloatArray:
    square = (rows * rows).sum(axis=0)
    if rows.shape[0] == 1:
        return np.asarray(np.abs(rows[0][:, None] - rows[0]))
    return np.asarray(np.sqrt(np.maximum(0.0, square[:, None] + square - 2.0 * rows.T @ rows)))


def _part(columns: FloatArray, most: int, generator: np.random.Generator) -> FloatArray:
    n = columns.shape[1]
    return columns if n <= most else columns[:, np.sort(generator.choice(n, most, replace=False))]
