"""Re-assignment: arms dealt again, the statistic of every deal at once, and where each deal is as extreme as the data.

Formula: units of two arms carry outcomes y, the assignment Z (1 in the first arm) and columns c. Under the
sharp null of a constant effect tau, y - tau Z is what every unit would have answered in the second arm. For a deal w,
each arm's least squares of an outcome v on x = (1, c - cbar*) gives mean_d(v), its constant, and squared error
s_d(v) = sum a_i^2 e_i(v)^2 / (1 - h_i) (of cluster sums a_i e_i / sqrt(1 - h_i) where clusters are dealt), so that
    T_w(tau) = (A - tau B) / sqrt(Q0 - 2 tau Q1 + tau^2 Q2),   A = effect_w(y), B = effect_w(Z)
and the data itself have A = the estimate, B = 1, Q1 = Q2 = 0. A deal is as extreme above at tau where
T_w(tau) >= T_data(tau); the smallest such tau is its lower bound, and mirrored for the upper one.
Shapes: N units, R deals, k = 1 + columns of an arm; deals (R, N) of 0 and 1. Units: outcome units.
Source: Wu & Ding (2021), JASA 116:1898-1913 for the studentised adjusted statistic; Luo, Dasgupta, Xie & Liu (2021),
Computational Statistics & Data Analysis for the inversion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from math import comb

import numpy as np

from service.calibration.moments import FloatArray, IntArray

CELLS = 4_000_000  # numbers held at a time
NEAR, FAR = np.linspace(0.0, 8.0, 161), np.geomspace(8.5, 1e4, 40)  # distances from the estimate, in standard errors
GRID = np.concatenate((-FAR[::-1], -NEAR[:0:-1], NEAR, FAR))
STEPS = 50
TIE = 1e-9  # standard errors within which a deal ties with the data, and counts as extreme
EPS = 1e-10


@dataclass(frozen=True, slots=True)
class Dealt:
    """Two arms' units: outcome (N,), assignment (N,), each arm's columns x (N, k_d) around the reference, clusters."""

    y: FloatArray
    assignment: FloatArray
    x: tuple[FloatArray, FloatArray]
    cluster: IntArray | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """A, B, Q0, Q1, Q2 of every deal, each (R,); those of strata with shares W_h add."""

    effect: FloatArray
    slope: FloatArray
    square: FloatArray
    cross: FloatArray
    curve: FloatArray

    def weighed(self, share: float) -> Statistics:
        """The part of a stratum with this share."""
        return Statistics(
            *(share * v for v in (self.effect, self.slope)),
            *(share * share * v for v in (self.square, self.cross, self.curve)),
        )

    def plus(self, other: Statistics) -> Statistics:
        """Two strata together, dealt independently."""
        return Statistics(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def every_deal(assignment: FloatArray, most: int) -> FloatArray | None:
    """All other assignments (R, N) with the same number in each arm; None where there are more than ``most``."""
    n, taken = assignment.shape[0], int(assignment.sum())
    count = comb(n, taken)
    if count - 1 > most:
        return None
    every = np.zeros((count, n))
    for row, members in zip(every, combinations(range(n), taken), strict=True):
        row[list(members)] = 1.0
    return np.asarray(every[(every != assignment).any(axis=1)])


def random_deals(assignment: FloatArray, replicates: int, generator: np.random.Generator) -> FloatArray:
    """Random assignments (R, N) with the same number in each arm."""
    return generator.permuted(np.tile(assignment, (replicates, 1)), axis=1)


def reassigned(units: Dealt, replicates: int, generator: np.random.Generator, *, exhaustive: bool = True) -> Statistics:
    """The statistic's pieces for all other assignments, or for random ones where there are more than ``replicates``.

    Whole clusters are dealt where there are clusters; not ``exhaustive``: random ones in any case.
    """
    codes = np.arange(len(units.y)) if units.cluster is None else units.cluster
    _, first, member = np.unique(codes, return_index=True, return_inverse=True)
    whole = units.assignment[first]
    every = every_deal(whole, replicates) if exhaustive else None
    step = max(1, CELLS // (len(member) * max(x.shape[1] for x in units.x)))
    starts = range(0, replicates if every is None else len(every), step)
    parts = (
        random_deals(whole, min(step, replicates - start), generator) if every is None else every[start : start + step]
        for start in starts
    )
    return Statistics(*np.concatenate([_statistics(units, part[:, member]) for part in parts], axis=1))


def statistics(units: Dealt, dealt: FloatArray) -> Statistics:
    """The pieces of the statistic for every deal (R, N), slopes fitted anew in each."""
    return Statistics(*_statistics(units, dealt))


def _statistics(units: Dealt, dealt: FloatArray) -> FloatArray:
    first = _arm(units, dealt, 0)
    second = _arm(units, 1.0 - dealt, 1)
    return np.concatenate((first[:2] - second[:2], first[2:] + second[2:]))


def _arm(units: Dealt, weight: FloatArray, arm: int) -> FloatArray:
    """Adjusted mean of y and Z and the three squared errors of one arm, (5, R), for memberships (R, N)."""
    x = units.x[arm]
    n, k = x.shape
    outcomes = np.stack((units.y, units.assignment), axis=1)
    gram = (weight @ (x[:, :, None] * x[:, None, :]).reshape(n, k * k)).reshape(-1, k, k)
    inverse = np.linalg.pinv(gram, rcond=EPS, hermitian=True)
    score = (weight @ (x[:, :, None] * outcomes[:, None, :]).reshape(n, 2 * k)).reshape(-1, k, 2)
    coefficients = inverse @ score
    projected = inverse @ x.T
    spare = 1.0 - np.einsum("nk,rkn->rn", x, projected)
    reach = weight * projected[:, 0] / np.sqrt(np.where(spare > EPS, spare, np.inf))
    own, theirs = (reach * (outcomes[:, j] - coefficients[:, :, j] @ x.T) for j in range(2))
    if units.cluster is not None:
        member = np.equal.outer(units.cluster, np.unique(units.cluster)).astype(np.float64)
        own, theirs = own @ member, theirs @ member
    squares = [np.einsum("rn,rn->r", a, b) for a, b in ((own, own), (own, theirs), (theirs, theirs))]
    return np.stack([*coefficients[:, 0].T, *squares])


def bounds(found: Statistics, value: float, error: float) -> tuple[FloatArray, FloatArray]:
    """Each deal's lower and upper bound (R,), sorted: where it stops being as extreme as the estimate."""
    a = (found.effect - value * found.slope) / error
    b = found.slope
    q0 = (found.square - 2.0 * value * found.cross + value * value * found.curve) / error**2
    q1, q2 = (found.cross - value * found.curve) / error, found.curve
    lower = value + error * _first_extreme((a, b, q0, q1, q2))
    upper = value - error * _first_extreme((-a, b, q0, -q1, q2))
    return np.sort(lower), np.sort(upper)


def _first_extreme(pieces: Sequence[FloatArray]) -> FloatArray:
    """Smallest x (R,) with a - x b >= -x sqrt(q0 - 2 x q1 + x^2 q2): grid, then bisection; -infinity if everywhere."""
    extreme = np.stack([_is_extreme(pieces, x) for x in GRID], axis=1)
    first = np.where(extreme.any(axis=1), extreme.argmax(axis=1), len(GRID))
    ends = np.concatenate(([-np.inf], GRID, [np.inf]))
    low, high = ends[first], ends[first + 1]
    inside = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(inside, low, 0.0), np.where(inside, high, 0.0)
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        hit = _is_extreme(pieces, middle)
        low, high = np.where(hit, low, middle), np.where(hit, middle, high)
    return np.where(inside, high, np.where(first == 0, -np.inf, np.inf))


def _is_extreme(pieces: Sequence[FloatArray], x: FloatArray | float) -> FloatArray:
    a, b, q0, q1, q2 = pieces
    spread = np.sqrt(np.maximum(q0 - 2.0 * x * q1 + x * x * q2, 0.0))
    return np.asarray(a - x * b + x * spread >= -TIE * (1.0 + np.abs(x)))
