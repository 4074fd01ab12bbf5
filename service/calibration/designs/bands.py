"""Bands: what the pilot leaves open about a design, from the scenarios that it cannot tell from its own estimate.

Of S scenarios the k-th smallest and k-th largest value bound the band, k = (S + 1)(1 - level)/2 rounded down; the level
is the one asked for, lowered to (S - 1)/(S + 1) where S scenarios cannot show more::

    standard error    of the recommended design where the scenario is true
    cost share        cost of the recommended design over that of humans alone with its standard error there
    humans, LLM-only  of the scenario's own best design, for the budget or the target

How many scenarios: 39 where a Newton step takes at most 3e3 multiply-adds (one LLM, a few arms), 19 up to 1e6, 9 beyond
and where every scenario must search for its budget (targets under limits), none where the problem is solved once only.

**Shapes** S scenarios, G groups.
**Units** standard errors in outcome units, counts in units.
**Assumes** what uncertainty.py assumes.
**Breaks** 19 scenarios give a band of level .9 at most, nine one of .8.
**Raises** what market.py raises.
**Source** order statistics as prediction limits, e.g. Vardeman (1992).
**Differs** in nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from service.calibration.designs.allocation import quick_allocation, waypoint, work_of
from service.calibration.designs.answer import Bands
from service.calibration.designs.constraints import Constraints, limits_of
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.joint import Joint
from service.calibration.designs.market import (
    Market,
    Plan,
    budget_for_target,
    humans_alone,
    in_scenarios,
    quick_best,
    worst_variance,
)
from service.calibration.designs.objective import Aim, Objective, wanted_of
from service.calibration.errors import InvalidPlan

TIERS = ((3e3, 39), (1e6, 19), (math.inf, 9))
"""Work of one Newton step, and the scenarios that are solved up to it."""
SEARCHED = 9
"""Scenarios where each must search for its budget."""
NEGLIGIBLE = 1e-4
"""Share of the spending below which a quick optimum's group is not bought."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The market where a scenario is true, its best counts (G,) and variance for what the plan may spend."""

    market: Market
    counts: Vector
    variance: float


def scenarios_weighed(market: Market, joints: tuple[Joint, ...], plan: Plan, objective: Objective) -> list[Scenario]:
    """The scenarios that are worth their time, each solved for what the plan may spend; none without a pilot."""
    affordable = next(count for work, count in TIERS if work_of(market.table) <= work)
    count = affordable if objective.kind == "budget" or market.scales else min(affordable, SEARCHED)
    if not joints or not market.many_solves:
        return []
    limits = limits_of(market.groups, market.constraints, market.joint.n_arms, plan.money(market))
    near, solved = waypoint(market.table, limits), []
    for there in in_scenarios(market, joints[:count]):
        best = quick_allocation(there.table, limits, near)
        bought = np.where(best.counts * market.prices > NEGLIGIBLE * plan.money(market), best.counts, 0.0)
        free = np.where(market.prices > 0, bought, best.counts)
        solved.append(Scenario(there, free, best.variance))
    return solved


def bands_of(scenarios: list[Scenario], plan: Plan, objective: Objective, aim: Aim) -> Bands:
    """The bands over at least one scenario."""
    level = min(aim.confidence_level, (len(scenarios) - 1) / (len(scenarios) + 1))
    human = np.array([float(group.human) for group in scenarios[0].market.groups])
    reached = [_reached(one, plan) for one in scenarios]
    best = [_best_counts(one, objective, aim) for one in scenarios]
    asked = float(np.any(scenarios[0].market.contrasts != 0, axis=0).sum())
    humans = [max(asked, _units(counts, human)) for counts in best]
    others = [_units(counts, 1 - human) for counts in best]
    return Bands(
        level=level,
        standard_error=_middle([error for error, _ in reached], level),
        n_human=_open(_middle(humans, level)),
        n_llm_only=_open(_middle(others, level)),
        cost_share=_middle([share for _, share in reached], level),
    )


def variance_per_human(market: Market) -> float:
    """Best variance per human without any LLM and without limits; (sum |t_d| sd_d)^2 for one contrast."""
    if market.contrasts.shape[0] == 1:
        return float(np.abs(market.contrasts[0]) @ np.sqrt(market.joint.outcome_variance)) ** 2
    unlimited, D = humans_alone(market, Constraints()), market.joint.n_arms
    return quick_best(unlimited, D * market.costs.human).variance * D


def _reached(one: Scenario, plan: Plan) -> tuple[float, float]:
    """Standard error and cost share of the recommended design where the scenario is true."""
    variance = worst_variance(one.market, plan.counts)
    humans_alone_cost = variance_per_human(one.market) / variance * one.market.costs.human
    return math.sqrt(variance), plan.cost(one.market) / humans_alone_cost


def _best_counts(one: Scenario, objective: Objective, aim: Aim) -> Vector | None:
    """What the scenario would have recommended, (G,); None where no budget reaches the target."""
    if objective.kind == "budget":
        return one.counts
    variance = wanted_of(objective, aim, variance_per_human(one.market)).variance
    assert variance is not None
    if one.market.scales:
        return np.asarray(one.counts * (one.variance / variance))
    try:
        return quick_best(one.market, budget_for_target(one.market, variance, quick_best)).counts
    except InvalidPlan:
        return None


def _units(counts: Vector | None, members: Vector) -> float:
    """Whole units among the members; infinite where no number of units reaches the target."""
    return math.inf if counts is None else math.floor(float(counts @ members) + 0.5)


def _middle(values: list[float], level: float) -> tuple[float, float]:
    ordered, S = sorted(values), len(values)
    k = max(1, math.floor((S + 1) * (1 - level) / 2 + 1e-9))
    return ordered[k - 1], ordered[S - k]


def _open(band: tuple[float, float]) -> tuple[float, float | None]:
    """An upper end that no number of units reaches is open."""
    return band[0], band[1] if math.isfinite(band[1]) else None
