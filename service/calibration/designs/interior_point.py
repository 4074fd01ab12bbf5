"""Primal-dual interior-point steps for the c-optimal design problem, every quantity scaled to about one.

    minimise s0  over n > 0  with  V_c(n) <= s0  and  A n <= b,     V_c(n) = t_c' I(n)^{-1} t_c

Multipliers: w_c of the contrasts (sum one), l_k of the limits, z_g of n_g >= 0. One Newton step of the perturbed
optimality conditions (each product of a slack and its multiplier equals mu) per iteration, in relative changes
u_g = dn_g / n_g (Jacobi scaling), with backtracking on the residual::

    (diag(n z) + W W') u + E' (dw, dl) = r,     W W' = n_g n_h sum_c 2 w_c x_c'M_g I^{-1} M_h x_c,   x_c = I^{-1} t_c

Shapes: G groups, P means, R stacked rows, C contrasts, K limits.
Source: Boyd & Vandenberghe, Convex Optimization (2004), section 11.7.
Differs: not the plain log barrier: its slack of the budget (1e-13 of it) loses all digits, and with them the multiplier
and the certificate (gaps 1e-9 to 1e-5 after 150 to 200 steps, against below 1e-12 after about 25 here).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

CONVERGED = 1e-13
SMALL_RESIDUAL = 1e-11
MOST_STEPS = 400
NEAR = 1e3
"""Stationarity may lag behind the duality measure by this factor; beyond it the path is followed without moving on."""


@dataclass(frozen=True)
class InformationTable:
    """Stacked factors F (R, P) with M_g = F_g'F_g, first row of each group (G,), contrasts (P, C)."""

    factors: Matrix
    starts: Integers
    contrasts: Matrix

    @property
    def n_groups(self) -> int:
        """G."""
        return int(self.starts.size)

    @cached_property
    def row_group(self) -> Integers:
        """Group of every row of the factors, (R,)."""
        sizes = np.diff(np.append(self.starts, self.factors.shape[0]))
        return np.repeat(np.arange(self.starts.size), sizes)


@dataclass(frozen=True, slots=True)
class Limits:
    """A n <= b: rows (K, G) with the budget first, bounds (K,), and a strictly interior point (G,)."""

    rows: Matrix
    bounds: Vector
    interior: Vector


@dataclass(frozen=True, slots=True)
class Moments:
    """Variances V_c (C,), slopes x_c = I^{-1} t_c (P, C) and a root of I^{-1} = root'root (P, P), at some counts."""

    variances: Vector
    slopes: Matrix
    root: Matrix


@dataclass(frozen=True, slots=True)
class State:
    """Counts (G,), bound s0, slacks of limits (K,) and contrasts (C,), multipliers of all three inequalities."""

    counts: Vector
    bound: float
    slack: Vector
    margin: Vector
    limit_price: Vector
    weights: Vector
    count_price: Vector
    moments: Moments

    @property
    def duality(self) -> float:
        """Sum of slack times multiplier over all inequalities."""
        pairs = ((self.counts, self.count_price), (self.slack, self.limit_price), (self.margin, self.weights))
        return float(sum(left @ right for left, right in pairs))


def moments_at(table: InformationTable, counts: Vector) -> Moments | None:
    """Variances at these counts; None when they do not identify every contrast."""
    information = (table.factors * counts[table.row_group][:, None]).T @ table.factors
    scale = np.sqrt(np.diag(information))
    seen = scale > 0
    if np.any(table.contrasts[~seen] != 0):
        return None
    scale = np.where(seen, scale, 1.0)
    try:
        lower = np.linalg.cholesky(information / np.outer(scale, scale) + np.diag((~seen).astype(np.float64)))
    except np.linalg.LinAlgError:
        return None
    root = np.asarray(scipy.linalg.lapack.dtrtri(lower, lower=1)[0] / scale)
    half = root @ table.contrasts
    return Moments(np.sum(half**2, axis=0), root.T @ half, root)


def pull(table: InformationTable, moments: Moments) -> Matrix:
    """x_c'M_g x_c, what one more unit of g takes off V_c, (G, C)."""
    return np.asarray(np.add.reduceat((table.factors @ moments.slopes) ** 2, table.starts, axis=0))


def follow_path(
    table: InformationTable, limits: Limits, state: State, converged: float = CONVERGED
) -> tuple[State, int]:
    """The optimum and the Newton steps it took, from a first state or one that a nearby problem passed."""
    terms = table.n_groups + limits.bounds.size + state.weights.size
    small, uses = SMALL_RESIDUAL * converged / CONVERGED, limits.rows.max(axis=0)
    for step in range(MOST_STEPS):
        residual = _residual(table, limits, state)
        if state.duality < converged and _residual(table, limits, state, uses) < small:
            return state, step
        mu = (0.1 if residual <= NEAR * state.duality else 1.0) * state.duality / terms
        moved = _stepped(table, limits, state, _direction(table, limits, state, mu), mu)
        if moved is None:
            return state, step
        state = moved
    return state, MOST_STEPS


def first_state(limits: Limits, moments: Moments) -> State:
    """Where the path is entered: the interior point, whose moments are given, and multipliers far from the boundary."""
    counts, variances = limits.interior, moments.variances
    slack, bound = np.maximum(limits.bounds - limits.rows @ limits.interior, 0.1), 2 * float(variances.max())
    mu = bound / counts.size
    weights = np.full(variances.size, 1 / variances.size)
    return State(counts, bound, slack, bound - variances, mu / slack, weights, mu / counts, moments)


def _gradient(table: InformationTable, limits: Limits, state: State) -> Vector:
    """Of the Lagrangian without the multipliers of n >= 0, (G,)."""
    return -pull(table, state.moments) @ state.weights + state.limit_price @ limits.rows


def _residual(table: InformationTable, limits: Limits, state: State, uses: Vector | float = 1.0) -> float:
    """Largest violation of stationarity, over what a unit ``uses`` of a limit (G,), and of the slack definitions."""
    parts = (
        (_gradient(table, limits, state) - state.count_price) / uses,
        limits.rows @ state.counts + state.slack - limits.bounds,
        state.moments.variances + state.margin - state.bound,
        np.array([1 - state.weights.sum()]),
    )
    return max(float(np.abs(part).max()) for part in parts)


def _curvature(table: InformationTable, state: State) -> Matrix:
    """W (G, at most C P): the scaled Hessian of the Lagrangian is W W'; independent arms leave most columns empty."""
    blocks = []
    for c in np.flatnonzero(state.weights > 1e-12):
        seen = table.factors * (table.factors @ state.moments.slopes[:, c])[:, None]
        per_group = np.add.reduceat(seen, table.starts, axis=0) * state.counts[:, None]
        block = np.sqrt(2 * state.weights[c]) * (per_group @ state.moments.root.T)
        blocks.append(block[:, np.any(block != 0, axis=0)])
    return np.hstack(blocks)


def _solve_core(diagonal: Vector, W: Matrix, right: Matrix) -> Matrix:
    """(diag + W W')^{-1} right through the singular values of diag^{-1/2} W (a Gram matrix loses half the digits)."""
    root = np.sqrt(diagonal)[:, None]
    left, singular, _ = np.linalg.svd(W / root, full_matrices=False)
    scaled = right / root
    inside = left.T @ scaled
    return np.asarray((scaled - left @ (inside * (singular**2 / (1 + singular**2))[:, None])) / root)


@dataclass(frozen=True, slots=True)
class _Step:
    relative: Vector
    bound: float
    weights: Vector
    limit_price: Vector


def _direction(table: InformationTable, limits: Limits, state: State, mu: float) -> _Step:
    """Newton step of the perturbed optimality conditions."""
    C, K = state.weights.size, state.slack.size
    edges = np.vstack([-pull(table, state.moments).T, limits.rows]) * state.counts
    right = mu - state.counts * _gradient(table, limits, state)
    core = _solve_core(state.counts * state.count_price, _curvature(table, state), np.column_stack([right, edges.T]))
    violation = np.concatenate(
        [
            state.bound - state.moments.variances - mu / state.weights,
            limits.bounds - limits.rows @ state.counts - mu / state.limit_price,
        ]
    )
    system = np.zeros((C + K + 1, C + K + 1))
    system[:-1, :-1] = edges @ core[:, 1:]
    ratios = np.concatenate([state.margin / state.weights, state.slack / state.limit_price])
    system[np.arange(C + K), np.arange(C + K)] += ratios
    system[:C, -1] = system[-1, :C] = 1.0
    wanted = np.append(edges @ core[:, 0] - violation, 1 - state.weights.sum())
    solved = _equilibrated_solve(system, wanted)
    relative = core[:, 0] - core[:, 1:] @ solved[:-1]
    return _Step(relative, float(solved[-1]), solved[:C], solved[C:-1])


def _equilibrated_solve(system: Matrix, right: Vector) -> Vector:
    """Least-squares solution after symmetric scaling: limits that meet exactly make the rows dependent."""
    scale = 1 / np.sqrt(np.maximum(np.abs(system).max(axis=1), 1e-300))
    return np.asarray(np.linalg.lstsq(system * np.outer(scale, scale), right * scale)[0] * scale)


def _stepped(table: InformationTable, limits: Limits, state: State, step: _Step, mu: float) -> State | None:
    """Backtracking on the residual of the perturbed conditions; None when no step lowers it."""
    slack_change = mu / state.limit_price - state.slack - state.slack / state.limit_price * step.limit_price
    margin_change = mu / state.weights - state.margin - state.margin / state.weights * step.weights
    price_change = mu / state.counts - state.count_price - state.count_price * step.relative
    changes = (
        (state.slack, slack_change),
        (state.margin, margin_change),
        (state.limit_price, step.limit_price),
        (state.weights, step.weights),
        (state.count_price, price_change),
        (state.counts, state.counts * step.relative),
    )
    fastest = max(float(np.max(-change / value)) for value, change in changes)
    length = min(1.0, 0.99 / fastest) if fastest > 0 else 1.0
    size = _size(table, limits, state, mu)
    while length > 1e-8:
        values = [value + length * change for value, change in changes]
        moments = moments_at(table, values[5])
        if moments is not None:
            slack, margin, limit_price, weights, count_price, counts = values
            bound = state.bound + length * step.bound
            trial = State(counts, bound, slack, margin, limit_price, weights, count_price, moments)
            near = _residual(table, limits, trial) <= NEAR * trial.duality
            if near or _size(table, limits, trial, mu) <= (1 - 0.01 * length) * size:
                return trial
        length /= 2
    return None


def _size(table: InformationTable, limits: Limits, state: State, mu: float) -> float:
    """Euclidean norm of the residual of the perturbed conditions."""
    parts = (
        _gradient(table, limits, state) - state.count_price,
        limits.rows @ state.counts + state.slack - limits.bounds,
        state.moments.variances + state.margin - state.bound,
        np.array([1 - state.weights.sum()]),
        state.counts * state.count_price - mu,
        state.slack * state.limit_price - mu,
        state.margin * state.weights - mu,
    )
    return float(np.sqrt(sum(part @ part for part in parts)))


def rescaled(limits: Limits, scale: Vector) -> Limits:
    """The limits in units of ``scale`` (G,), each row divided by its bound's size."""
    size = np.abs(limits.bounds)
    return replace(
        limits,
        rows=limits.rows * scale / size[:, None],
        bounds=np.sign(limits.bounds),
        interior=limits.interior / scale,
    )
