"""c-optimal allocation of a budget over groups of units.

A group is a way of spending money on one unit; it tells something about the means of z = (y_1..y_D, c).
Information is linear in the counts, so the design problem is convex and is solved to a certificate::

    I(n) = sum_g n_g F_g'F_g,   F_g = L_g^{-1} A_g,   Sigma_g = L_g L_g'
    V_c(n) = t_c' I(n)^{-1} t_c,   minimise max_c V_c(n)  over  n >= 0,  A n <= b  (row 0: the budget)

Certificate: V is convex and homogeneous of degree -1, so with multipliers l >= 0, weights w summing to one and
A'l >= -gradient of sum w V, every feasible design has max V >= 2 sum w V - b'l (weak duality of the linear programme).

**Shapes** G groups, P unknown means, R observed entries over all groups, C contrasts, K limits.
**Units** V in squared outcome units, costs and budget in one currency.
**Assumes** means unknown, covariances known; counts are real numbers (see integers.py).
**Breaks** perfectly correlated columns need the floor of joint.py first.
**Raises** NotIdentified (singular_design), TooExpensive (design_too_large).
**Source** Elfving (1952); Pukelsheim, Optimal Design of Experiments (2006), chapter 2.
**Differs** Newton steps instead of multiplicative updates, which need thousands of iterations on flat designs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from service.calibration.designs.interior_point import (
    CONVERGED,
    InformationTable,
    Integers,
    Limits,
    Moments,
    State,
    Vector,
    first_state,
    follow_path,
    moments_at,
    pull,
    rescaled,
)
from service.calibration.errors import NotIdentified, TooExpensive

SMALL_SPEND_SHARE = 1e-6
QUICK, WAYPOINT = 1e-5, 1e-3
"""Duality gap at which a quick solve stops, and at which a near problem is entered, relative to the variance."""
DISTANT = 1e3
"""A minimum is distant where the other limits allow this many times as many."""
WORK_LIMIT = 1e9
"""Multiply-adds of one Newton step above which a problem is refused."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Counts (G,), variance of the worst contrast, relative distance to a proven lower bound, Newton steps taken."""

    counts: Vector
    variance: float
    optimality_gap: float
    steps: int


def variances(table: InformationTable, counts: npt.ArrayLike) -> Vector:
    """V_c(n) of every contrast, (C,); infinite where the counts do not identify them."""
    moments = moments_at(table, np.asarray(counts, dtype=np.float64))
    return np.full(table.contrasts.shape[1], np.inf) if moments is None else moments.variances


def allocate(table: InformationTable, limits: Limits) -> Allocation:
    """The design of smallest worst variance within the limits, re-solved on the groups that matter."""
    _refuse_too_large(table)
    full = _solved(table, limits)
    spending = full.counts * limits.rows[0]
    used = np.flatnonzero((spending > SMALL_SPEND_SHARE * spending.sum()) | (limits.rows[0] == 0))
    return full if used.size == table.n_groups else _resolved_on(used, table, limits, full)


def quick_variance(table: InformationTable, limits: Limits) -> float:
    """Smallest worst variance to about 1e-10 of itself, without the counts: for searches over prices."""
    return _solved(table, limits, 1e-10).variance


def quick_allocation(table: InformationTable, limits: Limits, near: State | None = None) -> Allocation:
    """The optimum to about 1e-5 of its variance, on all groups: for the many scenarios of a pilot.

    ``near``: where a problem with the same groups and limits passed (``waypoint``), which spares half the steps.
    """
    _refuse_too_large(table)
    return _solved(table, limits, QUICK, near)


def waypoint(table: InformationTable, limits: Limits) -> State:
    """A point of the central path near the optimum, in scaled units."""
    scaled = _scaled(table, _without_distant(limits))
    return follow_path(scaled.table, scaled.limits, first_state(scaled.limits, scaled.moments), WAYPOINT)[0]


def work_of(table: InformationTable) -> float:
    """Multiply-adds of one Newton step, roughly; a solve takes 20 to 80 steps."""
    (R, P), C, G = table.factors.shape, table.contrasts.shape[1], table.n_groups
    return float(R * P * (P + C) + G * C * P * min(C * P, G))


def _refuse_too_large(table: InformationTable) -> None:
    (_, P), C, G, work = table.factors.shape, table.contrasts.shape[1], table.n_groups, work_of(table)
    if work > WORK_LIMIT:
        raise TooExpensive.at(
            "/basis",
            "design_too_large",
            f"{G} ways of spending on a unit, {P} means and {C} contrasts need {work:.1e} operations a step; "
            f"the limit is {WORK_LIMIT:.0e}",
            "give fewer arms, models or contrasts, or design the arms in blocks",
        )


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A problem with counts in units of ``scale`` (G,) and contrasts over ``size``; moments at where to start."""

    table: InformationTable
    limits: Limits
    moments: Moments
    scale: Vector
    size: float


def _scaled(table: InformationTable, limits: Limits, near: State | None = None) -> _Scaled:
    """Everything about one: the worst variance at the interior point, or what it was where the near problem passed."""
    scale = _typical_units(limits)
    unit = rescaled(limits, scale)
    factors = table.factors * np.sqrt(scale[table.row_group])[:, None]
    raw = InformationTable(factors, table.starts, table.contrasts)
    first = moments_at(raw, unit.interior if near is None else near.counts)
    if first is None:
        detail = "the groups on offer say nothing about a contrast"
        raise NotIdentified.at("/basis", "singular_design", detail, "check the arms, the models and the contrasts")
    wanted = 1.0 if near is None else float(near.moments.variances.max())
    size = float(np.sqrt(first.variances.max() / wanted))
    moments = Moments(first.variances / size**2, first.slopes / size, first.root)
    return _Scaled(InformationTable(factors, table.starts, table.contrasts / size), unit, moments, scale, size)


def _solved(
    table: InformationTable, limits: Limits, converged: float = CONVERGED, near: State | None = None
) -> Allocation:
    """The optimum without the distant limits where it keeps them, which proves it for all; else with every limit."""
    near_limits = _without_distant(limits)
    found = _followed(table, near_limits, converged, near)
    if near_limits is limits or np.all(limits.rows @ found.counts <= limits.bounds):
        return found
    return _followed(table, limits, converged)


def _without_distant(limits: Limits) -> Limits:
    """The limits but for minimums far below what the other limits allow: scaled, they would drown the rest."""
    reach = np.max(-limits.rows * _natural_units(limits), axis=1, initial=0.0)
    close = (limits.bounds > 0) | (reach <= DISTANT * np.abs(limits.bounds))
    return limits if close.all() else replace(limits, rows=limits.rows[close], bounds=limits.bounds[close])


def _followed(
    table: InformationTable, limits: Limits, converged: float = CONVERGED, near: State | None = None
) -> Allocation:
    """Scale, follow the central path, scale back and certify; from the start where the near problem leads nowhere."""
    scaled = _scaled(table, limits, near)
    unit = scaled.limits
    start = first_state(unit, scaled.moments) if near is None else replace(near, moments=scaled.moments)
    state, steps = follow_path(scaled.table, unit, start, converged)
    if near is not None and state.duality > 10 * converged:
        return _followed(table, limits, converged)
    weights = state.weights / state.weights.sum()
    pulled = pull(scaled.table, state.moments) @ weights
    gap = _gap(unit, pulled, state.moments.variances, weights, state.limit_price)
    variance = float(state.moments.variances.max()) * scaled.size**2
    return Allocation(state.counts * scaled.scale, variance, gap, steps)


def _typical_units(limits: Limits) -> Vector:
    """Counts like those of an optimum, (G,): spending goes with the root of a price, counts with its inverse.

    In units of the most that is affordable, what an almost free LLM adds would be a rounding error of the path.
    """
    most = _natural_units(limits)
    return np.asarray(np.sqrt(most) * np.sqrt(most.min()))


def _natural_units(limits: Limits) -> Vector:
    """Largest count of each group that a single upper limit allows, (G,)."""
    upper = np.flatnonzero(limits.bounds > 0)
    with np.errstate(divide="ignore"):
        reach = limits.bounds[upper, None] / np.maximum(limits.rows[upper], 0.0)
    return np.asarray(reach.min(axis=0))


def _gap(limits: Limits, pulled: Vector, values: Vector, weights: Vector, prices: Vector) -> float:
    """Relative gap to the best of three lower bounds: the solver's prices repaired in two ways, the budget's alone."""
    free = limits.rows[0] == 0
    everything = np.ones_like(free)
    candidates = ((prices, free), (prices, everything), (np.zeros_like(prices), free))
    dual = min(float(limits.bounds @ feasible_prices(limits, pulled, *candidate)) for candidate in candidates)
    return max(0.0, 1 - (2 * float(weights @ values) - dual) / float(values.max()))


def feasible_prices(limits: Limits, pulled: Vector, prices: Vector, capped: npt.NDArray[np.bool_]) -> Vector:
    """Prices (K,) with rows'l >= pulled: shortfalls of ``capped`` groups go to count limits, others to the budget."""
    raised = prices.copy()
    for row in range(1, limits.bounds.size):
        on_row = capped & (limits.rows[row] > 0)
        short = pulled - limits.rows.T @ raised
        raised[row] += float(np.max(short[on_row] / limits.rows[row][on_row], initial=0.0))
    raised[0] = 0.0
    short = pulled - limits.rows.T @ raised
    paid = limits.rows[0] > 0
    raised[0] = float(np.max(short[paid] / limits.rows[0][paid], initial=0.0))
    return raised


def _resolved_on(used: Integers, table: InformationTable, limits: Limits, full: Allocation) -> Allocation:
    """The optimum over the used groups if it is as good; its gap is against the bound proven over every group."""
    interior = full.counts[used]
    rows = limits.rows[:, used]
    if np.any(limits.bounds - rows @ interior <= 0):
        return full
    try:
        small = _solved(only(table, used), Limits(rows, limits.bounds, interior))
    except NotIdentified:
        return full
    lower_bound = full.variance * (1 - full.optimality_gap)
    gap = max(0.0, 1 - lower_bound / small.variance)
    if gap > max(2 * full.optimality_gap, 1e-11):
        return full
    counts = np.zeros(table.n_groups)
    counts[used] = small.counts
    return Allocation(counts, small.variance, gap, full.steps + small.steps)


def only(table: InformationTable, groups: Integers) -> InformationTable:
    """The table of these groups, with the means that they, or a contrast, still see."""
    blocks = np.split(table.factors, table.starts[1:])
    kept = [blocks[g] for g in groups]
    factors = np.concatenate(kept)
    seen = np.any(factors != 0, axis=0) | np.any(table.contrasts != 0, axis=1)
    starts = np.cumsum([0, *(block.shape[0] for block in kept[:-1])]).astype(np.intp)
    return InformationTable(factors[:, seen], starts, table.contrasts[seen])
