"""Energy distance of two groups, and its permutation test.

Formula: E = 2 mean|x - y| - mean|x - x'| - mean|y - y'| over columns standardised by the pooled spread; the p-value
is that of permutations (see ``permutations``). Of one column E = 2 integral of (F - G)^2.
Shapes: columns (p, n) and (p, m). Units: standard deviations.
Assumes: independent units without weights. Breaks: of more than ``MOST`` units a random part is compared.
Raises: nothing.
Source: Szekely & Rizzo (2013), Journal of Statistical Planning and Inference 143:1249-1272, equations 5 and 6.4.
Differs: in nothing.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from service.calibration.diagnostics.permutations import PERMUTATIONS, permutation_p_value
from service.calibration.moments import FloatArray

MOST = 600
CLOSE = 1e-12


def energy_test(one: FloatArray, other: FloatArray, seed: int) -> tuple[float, float]:
    """Energy distance of columns (p, n) and (p, m), and its p-value."""
    generator = np.random.default_rng(seed)
    one, other = _part(one, MOST // 2, generator), _part(other, MOST - min(one.shape[1], MOST // 2), generator)
    rows = np.concatenate((one, other), axis=1)
    spread = rows.std(axis=1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / np.where(spread > 0.0, spread, 1.0)[:, None]
    members = np.arange(rows.shape[1])[None] < one.shape[1]
    if rows.shape[0] == 1:
        order = np.argsort(rows[0])
        members, energy = members[:, order], partial(_on_a_line, np.diff(rows[0, order]))
    else:
        energy = partial(_from_distances, _distances(rows))
    own = float(energy(members)[0])
    pool = np.broadcast_to(members, (PERMUTATIONS, rows.shape[1]))
    p_value = permutation_p_value(lambda: int((energy(generator.permuted(pool, axis=1)) >= own - CLOSE).sum()))
    return max(0.0, own), p_value


def _on_a_line(steps: FloatArray, members: NDArray[np.bool_]) -> FloatArray:
    """Twice the integral of (F - G)^2: the distance of each split (splits, total) of one sorted column."""
    n = members[0].sum()
    total = members.shape[1]
    first = np.cumsum(members, axis=1)[:, :-1]
    second = np.arange(1, total) - first
    return np.asarray(2.0 * (first / n - second / (total - n)) ** 2 @ steps)


def _from_distances(distance: FloatArray, members: NDArray[np.bool_]) -> FloatArray:
    """The distance of each split (splits, total) of points with these distances (total, total)."""
    n = members[0].sum()
    m = members.shape[1] - n
    chosen = members.astype(np.float64)
    to_one = chosen @ distance
    within = (chosen * to_one).sum(axis=1)
    across = to_one.sum(axis=1) - within
    rest = distance.sum() - 2.0 * across - within
    return np.asarray(2.0 * across / (n * m) - within / n**2 - rest / m**2)


def _distances(rows: FloatArray) -> FloatArray:
    square = (rows * rows).sum(axis=0)
    return np.asarray(np.sqrt(np.maximum(0.0, square[:, None] + square - 2.0 * rows.T @ rows)))


def _part(columns: FloatArray, most: int, generator: np.random.Generator) -> FloatArray:
    n = columns.shape[1]
    return columns if n <= most else columns[:, np.sort(generator.choice(n, most, replace=False))]
