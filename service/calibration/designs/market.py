"""One design problem in the engine's terms: groups, prices, limits; solved for a budget or for a target variance.

Without count limits V is proportional to 1/budget, so a target needs one solve; with them the budget is bracketed and
found by regula falsi (Illinois).

**Shapes** G groups on offer; counts (G,).
**Units** money in the caller's currency, variances in squared outcome units.
**Assumes** what allocation.py assumes.
**Breaks** a target that the most humans and LLM-only units cannot reach (refused).
**Raises** InvalidPlan (infeasible_constraints, target_out_of_reach, bad_price, bad_count), NotIdentified, TooExpensive.
**Source** allocation.py; Dowell & Jarratt (1971) for the Illinois steps.
**Differs** nothing known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.designs.allocation import (
    Allocation,
    allocate,
    only,
    quick_allocation,
    quick_variance,
    variances,
    work_of,
)
from service.calibration.designs.constraints import (
    Constraints,
    check_constraints,
    limits_of,
    refuse_infeasible,
    usable,
    whole_limits,
)
from service.calibration.designs.groups import (
    Costs,
    Group,
    groups_on_offer,
    information_table,
    information_tables,
    unit_costs,
)
from service.calibration.designs.integers import Offer, Wanted, whole_counts
from service.calibration.designs.interior_point import InformationTable, Integers, Limits, Matrix, Vector
from service.calibration.designs.joint import Basis, Joint
from service.calibration.errors import InvalidPlan

SMALL_SPEND_SHARE = 1e-6
MOST_TRIALS = 80
TIGHT, LOOSE = 1e-11, 1e-4
"""How far below a target the variance may stay, relatively; loose where the optima are quick ones."""
WORK_OF_MANY_SOLVES = 3e7
"""Work of one Newton step, times models, above which break-even prices and re-solved frontiers are left out."""


@dataclass(frozen=True, slots=True)
class Market:
    """The groups on offer at these prices, with their information and the limits of the counts.

    An answer averages ``draws`` draws, and its price in ``costs`` is that of all of them.
    """

    joint: Joint
    contrasts: Matrix
    costs: Costs
    groups: tuple[Group, ...]
    table: InformationTable
    constraints: Constraints
    draws: int = 1

    @property
    def prices(self) -> Vector:
        """Unit costs (G,)."""
        return unit_costs(self.groups)

    @property
    def many_solves(self) -> bool:
        """Whether the problem is small enough to be solved at many prices or budgets."""
        return work_of(self.table) * max(1, len(self.joint.models)) <= WORK_OF_MANY_SOLVES

    @property
    def scales(self) -> bool:
        """Whether only the budget limits the design, so that counts and precision are proportional to it."""
        return not self.constraints.any_count and bool(np.all(self.prices > 0))


Best = Callable[[Market, float], Allocation]
"""The continuous optimum of a budget, more or less exactly."""
Trial = tuple[float, float]
"""A budget, and variance/target - 1 of its optimum."""


def market_of(basis: Basis, costs: Costs, constraints: Constraints, draws: int = 1) -> Market:
    """Everything on offer when a column averages ``draws`` draws, each at its price; refuses bad prices and counts."""
    check_constraints(constraints, basis.joint.n_arms)
    whole = replace(costs, llm=tuple(draws * price for price in costs.llm))
    groups = usable(groups_on_offer(basis.joint, whole), constraints)
    table = information_table(basis.joint, groups, basis.contrasts)
    return Market(basis.joint, basis.contrasts, whole, groups, table, constraints, draws)


def in_scenarios(market: Market, joints: Sequence[Joint]) -> list[Market]:
    """The same groups and prices where other joint covariances are true; ``joints`` is not empty."""
    tables = information_tables(joints, market.groups, market.contrasts)
    return [replace(market, joint=joint, table=table) for joint, table in zip(joints, tables, strict=True)]


def repriced(market: Market, model: int, price: float) -> Market:
    """The market after one model's price changed."""
    prices = tuple(price if k == model else one for k, one in enumerate(market.costs.llm))
    costs = replace(market.costs, llm=prices)
    groups = usable(groups_on_offer(market.joint, costs), market.constraints)
    same = [(g.arm, g.human, g.models) for g in groups] == [(g.arm, g.human, g.models) for g in market.groups]
    table = market.table if same else information_table(market.joint, groups, market.contrasts)
    return replace(market, costs=costs, groups=groups, table=table)


def humans_alone(market: Market, constraints: Constraints) -> Market:
    """The same contrasts with outcomes only: no model, no covariate (Welch)."""
    arms = tuple(dict.fromkeys(group.arm for group in market.groups if group.human))
    D = market.joint.n_arms
    joint = replace(market.joint, models=(), columns=(), covariance=market.joint.covariance[:D, :D])
    groups = tuple(Group(arm, True, (), market.costs.human) for arm in arms)
    table = information_table(joint, groups, market.contrasts)
    return replace(market, joint=joint, groups=groups, table=table, constraints=constraints)


def without_model(market: Market, model: int) -> Market:
    """The market that does not sell one model: groups shed it, and LLM-only units that showed nothing else leave."""
    return _shedding(market, {model})


def models_stripped(market: Market) -> Market:
    """The market that sells no model: humans with their covariates."""
    return _shedding(market, set(range(len(market.joint.models))))


def _shedding(market: Market, models: set[int]) -> Market:
    """Groups without these models; a group that shares all else with a cheaper one is not offered twice."""
    cheapest: dict[tuple[int | None, bool, tuple[int, ...]], Group] = {}
    for group in market.groups:
        kept = tuple(k for k in group.models if k not in models)
        key = (group.arm, group.human, kept)
        if (kept or group.human) and (key not in cheapest or group.unit_cost < cheapest[key].unit_cost):
            cheapest[key] = Group(group.arm, group.human, kept, group.unit_cost)
    groups = tuple(cheapest.values())
    return replace(market, groups=groups, table=information_table(market.joint, groups, market.contrasts))


def best_for_budget(market: Market, budget: float) -> Allocation:
    """The continuous optimum of a budget."""
    return allocate(market.table, limits_of(market.groups, market.constraints, market.joint.n_arms, budget))


def quick_best(market: Market, budget: float) -> Allocation:
    """The continuous optimum of a budget to about 1e-5 of its variance."""
    return quick_allocation(market.table, limits_of(market.groups, market.constraints, market.joint.n_arms, budget))


def best_variance(market: Market, budget: float) -> float:
    """Variance of the optimum, without its counts."""
    limits = limits_of(market.groups, market.constraints, market.joint.n_arms, budget)
    return quick_variance(market.table, limits)


def budget_for_target(market: Market, variance: float, best: Best = best_for_budget) -> float:
    """Smallest budget whose optimum reaches the variance: by proportionality, or by bracketing and regula falsi."""
    D = market.joint.n_arms
    refuse_infeasible(market.groups, market.constraints, D, None)
    least = least_budget(market)

    def excess(budget: float) -> float:
        return best(market, budget).variance / variance - 1

    if market.scales:
        return least * max(1.0, excess(least) + 1)
    low, high = _reaching(excess, 2 * least)
    if low is None:
        low = (least, excess(least))
    return least if low[1] <= 0 else bracketed(excess, low, high, TIGHT if best is best_for_budget else LOOSE)


def _reaching(excess: Callable[[float], float], first: float) -> tuple[Trial | None, Trial]:
    """The last budget that missed the target, None where the first reaches it, and one that reaches it."""
    low, high = None, first
    for _ in range(40):
        reached = excess(high)
        if reached <= 0:
            return low, (high, reached)
        low, high = (high, reached), high * max(2.0, reached + 1)
    detail = "no budget reaches the target: the most humans and LLM-only units allowed are too few"
    raise InvalidPlan.at("/objective", "target_out_of_reach", detail, "allow more units or a larger target")


def least_budget(market: Market) -> float:
    """Price of the least humans allowed, and of at least one in each arm."""
    D = market.joint.n_arms
    cheapest = np.array([min(g.unit_cost for g in market.groups if g.human and (g.arm or 0) == d) for d in range(D)])
    return float(cheapest @ np.maximum(market.constraints.least(D), 1.0))


def bracketed(excess: Callable[[float], float], low: Trial, high: Trial, tolerance: float = TIGHT) -> float:
    """Illinois steps on variance/target - 1 between a budget that misses the target and one that reaches it."""
    (a, fa), (b, fb) = low, high
    for _ in range(MOST_TRIALS):
        if b - a <= 0.1 * tolerance * b or fb > -tolerance:
            break
        c = b - fb * (b - a) / (fb - fa)
        fc = excess(c)
        if fc <= 0:
            b, fb, fa = c, fc, fa / 2
        else:
            a, fa, fb = c, fc, fb / 2
    return b


def whole_design(market: Market, counts: Vector, wanted: Wanted, *, thorough: bool = True) -> Vector | None:
    """Whole counts (G,) near the optimum, with at least one human of every arm that a contrast asks about."""
    prices = market.prices
    spend = float(prices @ counts)
    used = np.flatnonzero((counts * prices > SMALL_SPEND_SHARE * spend) | ((prices == 0) & (counts > 0)))
    found = whole_counts(_offer(market, used), counts[used], wanted, thorough=thorough)
    if found is None:
        return None
    whole = np.zeros(counts.size)
    whole[used] = found
    return whole


def _offer(market: Market, used: Integers) -> Offer:
    groups = tuple(market.groups[g] for g in used)
    rows, bounds = whole_limits(groups, market.constraints, market.joint.n_arms)
    asked = np.any(market.contrasts != 0, axis=0)
    human = np.array([float(group.human) for group in groups])
    alone = [sum(g.human and g.arm == group.arm for g in groups) == 1 for group in groups]
    least = [float(g.human and one and bool(asked[g.arm or 0])) for g, one in zip(groups, alone, strict=True)]
    limits = Limits(np.vstack([unit_costs(groups), rows]), np.append(np.inf, bounds), np.zeros(used.size))
    return Offer(only(market.table, used), limits, np.array(least), human)


@dataclass(frozen=True, slots=True)
class Plan:
    """Whole counts (G,), and the continuous optimum with its budget that they round."""

    counts: Vector
    optimum: Allocation
    budget: float

    def cost(self, market: Market) -> float:
        """Price of the whole counts."""
        return float(market.prices @ self.counts)

    def money(self, market: Market) -> float:
        """What a rival of the whole counts may spend: the budget, or more where whole units meet a target for more."""
        return max(self.budget, self.cost(market))


def worst_variance(market: Market, counts: Vector) -> float:
    """Variance of the worst contrast at these counts."""
    return float(variances(market.table, counts).max())
