"""The frontier: the design at a range of budgets around the chosen one, ready to plot."""

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
    points = [_point(market, plan.counts) if multiple == 1 else _at(market, plan, multiple) for multiple in MULTIPLES]
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
