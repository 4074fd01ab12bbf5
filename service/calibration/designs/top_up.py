"""Top-up: what to buy next, given the units that a pilot already has.

    minimise V(n0 + n)  over  n >= 0,  k'n <= budget         (or the least cost that reaches a target variance)

The pilot's units are one more group with information sum n0_g M_g, no price and a count of at most one: more units
never raise the variance, so it is taken whole, and the problem is the one allocation.py solves. Limits on counts are on
the totals; the least humans of an arm are bought where the budget allows.

The advice is judged before it is given: against nothing, more of the pilot's own mix, and humans spread evenly over the
arms, each in whole units; the best is returned, the cheapest where several are as good.

**Shapes** G groups on offer, one more for the pilot.
**Units** money in one currency, standard errors in outcome units.
**Assumes** the pilot's units and the new ones are of one population, and its covariance is true.
**Breaks** a pilot of other people or another questionnaire: its units then say nothing about the new study's means.
**Raises** what allocation.py raises.
**Source** augmenting a design, e.g. Atkinson, Donev & Tobias (2007), chapter 19.
**Differs** in nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.designs.allocation import allocate, only, quick_variance, variances
from service.calibration.designs.answer import TopUp
from service.calibration.designs.constraints import Constraints, cheapest_human, whole_limits, with_interior
from service.calibration.designs.groups import Group, information_table
from service.calibration.designs.integers import ROUNDING, Offer, Wanted, whole_counts
from service.calibration.designs.interior_point import InformationTable, Limits, Vector
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import SMALL_SPEND_SHARE, Market, bracketed
from service.calibration.designs.summary import group_counts, money

AS_GOOD = 1e-12
MOST_DOUBLINGS = 40
MOST_SEARCHED = 24
"""Means up to which whole numbers are searched; beyond, the continuous optimum is rounded and completed."""
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class _Purse:
    """What may be bought, with limits on it alone, and the pilot's units: table (G + 1 groups, the pilot last).

    ``have`` (G,): the pilot's units of each group on offer. The market's constraints are what the totals leave.
    """

    market: Market
    table: InformationTable
    have: Vector

    def variance(self, counts: Vector) -> float:
        """Of the pilot and these counts (G,) together."""
        return float(variances(self.table, np.append(counts, 1.0)).max())

    def needed(self, budget: float) -> Vector:
        """The least humans that arms still lack (G,), in the cheapest way; none where limits or money rule them out."""
        market, counts = self.market, np.zeros(len(self.market.groups))
        least, most = market.constraints.least(market.joint.n_arms), market.constraints.max_human
        if not least.any() or (most is not None and least.sum() > most):
            return counts
        counts[cheapest_human(market.groups, market.joint.n_arms)] = np.ceil(least - ROUNDING)
        return counts if float(market.prices @ counts) <= budget else np.zeros(counts.size)


def top_up(market: Market, pilot: Basis, wanted: Wanted, enough: float) -> TopUp | None:
    """What to buy next with the budget, or to reach the target; None where limits or the target rule everything out.

    ``pilot``: its units (``collected``) and the joint covariance of what they show; ``enough``: about what the design
    costs without them.
    """
    purse = _purse_of(market, pilot)
    if purse is None:
        return None
    budget = wanted.budget if wanted.variance is None else _least_money(purse, wanted.variance, enough)
    best = None if budget is None else _bought(purse, budget, wanted)
    if best is None or budget is None:
        return None
    spent = float(purse.market.prices @ best)
    more = _mix(purse, purse.have, budget if wanted.variance is None else spent)
    groups = group_counts(purse.market, best)
    return TopUp(
        groups=groups,
        n_human=sum((g.n for g in groups if g.human), 0.0),
        n_llm_only=sum((g.n for g in groups if not g.human), 0.0),
        cost=money(spent),
        standard_error_before=math.sqrt(purse.variance(np.zeros(best.size))),
        standard_error=math.sqrt(purse.variance(best)),
        standard_error_proportional=math.sqrt(purse.variance(more)),
    )


def _purse_of(market: Market, pilot: Basis) -> _Purse | None:
    """The groups that the limits still leave room for, beside the pilot's units; None where they leave none."""
    limits, D = market.constraints, market.joint.n_arms
    by_arm = np.zeros(D)
    for unit in pilot.collected:
        by_arm[unit.arm or 0] += unit.n if unit.human else 0
    others = sum(unit.n for unit in pilot.collected if not unit.human)
    humans = None if limits.max_human is None else max(0.0, limits.max_human - float(by_arm.sum()))
    pool = None if limits.max_llm_only is None else max(0.0, limits.max_llm_only - others)
    groups = tuple(g for g in market.groups if (humans if g.human else pool) != 0)
    if not groups:
        return None
    least = np.maximum(limits.least(D) - by_arm, 0.0)
    left = replace(
        market,
        groups=groups,
        table=information_table(market.joint, groups, market.contrasts),
        constraints=Constraints(tuple(least), humans, pool),
    )
    owned = [
        sum(u.n for u in pilot.collected if (u.arm, u.human, u.models) == (g.arm, g.human, g.models)) for g in groups
    ]
    return _Purse(left, _with_pilot(left.table, pilot), np.array(owned, dtype=np.float64))


def _with_pilot(table: InformationTable, pilot: Basis) -> InformationTable:
    """The table with the pilot's units as one more group."""
    groups = tuple(Group(unit.arm, unit.human, unit.models, 0.0) for unit in pilot.collected)
    own = information_table(pilot.joint, groups, pilot.contrasts)
    size = np.sqrt(np.array([float(unit.n) for unit in pilot.collected]))
    factors = np.concatenate([table.factors, own.factors * size[own.row_group][:, None]])
    starts = np.append(table.starts, table.factors.shape[0]).astype(np.intp)
    return InformationTable(factors, starts, table.contrasts)


def _bought(purse: _Purse, budget: float, wanted: Wanted) -> Vector | None:
    """The best of the candidates in whole units (G,); None where none reaches the target."""
    even = np.array([float(g.human and len(g.models) == len(purse.market.joint.models)) for g in purse.market.groups])
    candidates = [purse.needed(budget), _mix(purse, purse.have, budget), _mix(purse, even, budget)]
    if budget > 0:
        candidates.append(_optimal(purse, budget, wanted))
    bar = wanted.variance or min(purse.variance(one) for one in candidates)
    enough = [one for one in candidates if purse.variance(one) <= bar * (1 + AS_GOOD)]
    return min(enough, key=lambda one: float(purse.market.prices @ one), default=None)


def _mix(purse: _Purse, shares: Vector, budget: float) -> Vector:
    """The humans still needed, then whole units (G,) in the proportions of ``shares`` up to money and limits."""
    needed, prices = purse.needed(budget), purse.market.prices
    price = float(prices @ shares)
    if price <= 0:
        return needed
    rows, bounds = whole_limits(purse.market.groups, purse.market.constraints, purse.market.joint.n_arms)
    upper = bounds > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.min((bounds - rows @ needed)[upper] / (rows[upper] @ shares), initial=np.inf)
    return np.asarray(needed + np.floor(shares * min((budget - float(prices @ needed)) / price, room) + ROUNDING))


def _optimal(purse: _Purse, budget: float, wanted: Wanted) -> Vector:
    """The continuous optimum in whole units (G,); what is needed where they cannot meet the limits."""
    limits, prices, G = _limits(purse, budget), purse.market.prices, len(purse.market.groups)
    counts = allocate(purse.table, limits).counts
    spending = counts[:G] * prices
    used = np.flatnonzero((spending > SMALL_SPEND_SHARE * spending.sum()) | ((prices == 0) & (counts[:G] > 0)))
    bought = np.zeros(G)
    if not np.any(prices[used] > 0):
        bought[used] = np.floor(counts[used] + ROUNDING)
        return bought
    chosen = np.append(used, G)
    human = np.array([float(purse.market.groups[g].human) for g in used])
    unlimited = np.append(np.inf, limits.bounds[1:])
    offer = Offer(
        only(purse.table, chosen),
        Limits(limits.rows[:, chosen], unlimited, np.zeros(chosen.size)),
        least=np.append(np.zeros(used.size), 1.0),
        human=np.append(human, 0.0),
    )
    small = purse.table.factors.shape[1] <= MOST_SEARCHED
    whole = whole_counts(offer, np.append(counts[used], 1.0), wanted, thorough=small)
    if whole is None:
        return purse.needed(budget)
    bought[used] = whole[:-1]
    return bought


def _limits(purse: _Purse, budget: float) -> Limits:
    """Rows over G + 1 groups: the budget, the limits on counts, at most one pilot."""
    market, needed = purse.market, purse.needed(budget)
    rows, bounds = whole_limits(market.groups, market.constraints, market.joint.n_arms)
    kept = (bounds > 0) | needed.any()
    table = np.zeros((int(kept.sum()) + 2, needed.size + 1))
    table[0, :-1], table[1:-1, :-1], table[-1, -1] = market.prices, rows[kept], 1.0
    return with_interior(table, np.concatenate([[budget], bounds[kept], [1.0]]), np.append(needed, 0.0))


def _least_money(purse: _Purse, variance: float, enough: float) -> float | None:
    """The least budget that reaches the variance together with the pilot; None where none does."""
    needed = purse.needed(np.inf)
    before, floor = purse.variance(needed) / variance - 1, float(purse.market.prices @ needed)

    def excess(budget: float) -> float:
        return quick_variance(purse.table, _limits(purse, budget)) / variance - 1

    if before <= 0:
        return floor
    low, high = (floor, before), floor + enough
    for _ in range(MOST_DOUBLINGS):
        reached = excess(high)
        if reached <= 0:
            return bracketed(excess, low, (high, reached), TOLERANCE)
        low, high = (high, reached), 2 * high
    return None
