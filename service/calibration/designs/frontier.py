"""The frontier: the design at a range of budgets around the chosen one, ready to plot.

**Shapes** up to 13 points by rising budget, a quarter to four times the chosen one in equal steps of its logarithm.
**Units** counts in units, money in the caller's currency, standard errors in outcome units.
**Assumes** what design.py assumes; without count limits counts and precision scale with the budget.
**Breaks** points are rounded without a search, so they may miss the best whole numbers by part of a percent; problems
too large to be solved often have the plan's point only, when count limits forbid scaling.
**Raises** nothing: budgets that the limits rule out have no point.
**Source** allocation.py.
**Differs** whole units at every point, where peers plot the continuous curve.
"""

from __future__ import annotations

import math

import numpy as np

from service.calibration.designs.answer import FrontierPoint
from service.calibration.designs.integers import Wanted
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.market import Market, Plan, best_for_budget, whole_design, worst_variance
from service.calibration.designs.summary import money
from service.calibration.errors import InvalidPlan

MULTIPLES = tuple(2.0 ** (k / 3) for k in range(-6, 7))
"""Budgets from a quarter to four times the chosen one, equal steps on the log scale."""


def frontier_of(market: Market, plan: Plan) -> tuple[FrontierPoint, ...]:
    """Points by rising budget; the plan itself is the one at multiple one."""
    multiples = MULTIPLES if market.scales or market.many_solves else (1.0,)
    points = [_point(market, plan.counts) if multiple == 1 else _at(market, plan, multiple) for multiple in multiples]
    return tuple(point for point in points if point is not None)


def _at(market: Market, plan: Plan, multiple: float) -> FrontierPoint | None:
    """The rounded optimum of another budget: scaled where only the budget limits, solved again where counts do."""
    budget = plan.budget * multiple
    try:
        counts = plan.optimum.counts * multiple if market.scales else best_for_budget(market, budget).counts
    except InvalidPlan:
        return None
    whole = whole_design(market, counts, Wanted(budget=budget), thorough=False)
    return None if whole is None else _point(market, whole)


def _point(market: Market, counts: Vector) -> FrontierPoint:
    human = np.array([group.human for group in market.groups])
    cost, standard_error = money(float(market.prices @ counts)), math.sqrt(worst_variance(market, counts))
    return FrontierPoint(float(counts[human].sum()), float(counts[~human].sum()), cost, standard_error)
