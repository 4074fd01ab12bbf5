from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs.constraints import Constraints
from service.calibration.designs.frontier import MULTIPLES, frontier_of
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.market import Plan, best_for_budget, market_of, whole_design
from tests.calibration.designs.cases import sigma_a, twins


def plan_of(constraints: Constraints):
    market = market_of(twins(sigma_a(), 1), Costs(5.0, (0.02,)), constraints)
    optimum = best_for_budget(market, 2000)
    counts = whole_design(market, optimum.counts, Wanted(budget=2000.0))
    assert counts is not None
    return market, Plan(counts, optimum, 2000.0)


def test_points_rise_and_hold_the_plan():
    market, plan = plan_of(Constraints())
    points = frontier_of(market, plan)
    assert len(points) == len(MULTIPLES) == 13
    assert np.all(np.diff([point.cost for point in points]) > 0)
    assert np.all(np.diff([point.standard_error for point in points]) < 0)
    for point, multiple in zip(points, MULTIPLES, strict=True):
        assert point.cost <= 2000 * multiple * (1 + 1e-12)
        assert point.standard_error == pytest.approx(np.sqrt(plan.optimum.variance / multiple), rel=5e-3)
    assert points[6].n_human == plan.counts[:4].sum()
    assert points[6].n_llm_only == plan.counts[4]


def test_limits_are_kept_and_impossible_budgets_left_out():
    market, plan = plan_of(Constraints((150.0, 150.0), max_llm_only=900.0))
    points = frontier_of(market, plan)
    assert 0 < len(points) < 13
    assert points[0].cost >= 1500
    assert all(point.n_human >= 300 and point.n_llm_only <= 900 for point in points)


def test_budgets_without_whole_numbers_have_no_point():
    market, plan = plan_of(Constraints((99.5, 99.5)))
    wide = Plan(plan.counts, plan.optimum, 999.0 * 4)
    assert best_for_budget(market, 999.0).variance > 0
    assert len(frontier_of(market, wide)) == 12
