from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs import market as market_module
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.market import (
    Plan,
    best_for_budget,
    best_variance,
    budget_for_target,
    humans_alone,
    market_of,
    models_stripped,
    repriced,
    without_model,
)
from service.calibration.errors import InvalidPlan
from tests.calibration.designs.cases import TABLE, one, sigma_a, twins

CASES = {case.name: case for case in TABLE}
O1_COSTS = Costs(5.0, (0.02,))


def o1(constraints: Constraints | None = None):
    return market_of(twins(sigma_a(), 1), O1_COSTS, constraints or Constraints())


def test_target_without_limits_scales():
    market = o1()
    variance = best_for_budget(market, 2000).variance
    assert budget_for_target(market, variance) == pytest.approx(2000, rel=1e-10)
    assert budget_for_target(market, variance / 3) == pytest.approx(6000, rel=1e-10)


@pytest.mark.parametrize("constraints", [Constraints((230.0, 150.0)), Constraints(max_human=300.0)])
def test_target_with_limits_finds_the_budget(constraints):
    market = o1(constraints)
    variance = best_for_budget(market, 2000).variance
    assert budget_for_target(market, variance) == pytest.approx(2000, rel=1e-8)


def test_bracketing_ends_on_the_side_that_reaches_the_target(monkeypatch):
    monkeypatch.setattr(market_module, "MOST_TRIALS", 2)
    market = o1(Constraints((230.0, 150.0)))
    variance = best_for_budget(market, 2000).variance
    rough = budget_for_target(market, variance)
    assert best_for_budget(market, rough).variance <= variance
    assert rough > 2001


def test_target_that_the_least_humans_already_reach():
    assert budget_for_target(o1(Constraints(230.0)), 0.1) == pytest.approx(2300)


def test_target_out_of_reach():
    with pytest.raises(InvalidPlan) as refused:
        budget_for_target(o1(Constraints(max_human=300.0, max_llm_only=100.0)), 1e-3)
    assert refused.value.problems[0].code == "target_out_of_reach"
    with pytest.raises(InvalidPlan) as contradicted:
        budget_for_target(o1(Constraints(200.0, max_human=300.0)), 1e-3)
    assert contradicted.value.problems[0].code == "infeasible_constraints"


def test_humans_alone_and_stripped_markets():
    market = o1()
    alone = humans_alone(market, Constraints())
    assert [(g.arm, g.models, g.unit_cost) for g in alone.groups] == [(0, (), 5.0), (1, (), 5.0)]
    assert best_for_budget(alone, 2000).variance == pytest.approx(4 / 400)
    assert best_variance(models_stripped(market), 2000) == pytest.approx(4 / 400)


def test_a_model_can_leave_the_market():
    case = CASES["two llms, one cheap"]
    market = market_of(case.basis, case.costs, case.constraints)
    left = without_model(market, 0)
    assert [(g.human, g.models) for g in left.groups] == [(True, ()), (True, (1,)), (False, (1,))]
    assert best_variance(left, 1000) / best_variance(market, 1000) - 1 == pytest.approx(0.1171, abs=5e-5)


def test_a_free_model_can_leave_too():
    market = market_of(one(0.6), Costs(1.0, (0.0,)), Constraints())
    assert not market.scales
    assert [(g.human, g.models, g.unit_cost) for g in without_model(market, 0).groups] == [(True, (), 1.0)]


def test_repricing_keeps_everything_else():
    market = o1(Constraints(max_human=300.0))
    dear = repriced(market, 0, 1.0)
    assert dear.costs == Costs(5.0, (1.0,))
    assert dear.constraints == market.constraints
    assert best_variance(dear, 2000) > best_variance(market, 2000)


def test_repricing_to_nothing_changes_the_offer():
    free = repriced(o1(Constraints(max_llm_only=10.0)), 0, 0.0)
    assert [(g.human, g.models, g.unit_cost) for g in free.groups] == [
        (True, (0,), 5.0),
        (True, (0,), 5.0),
        (False, (0,), 0.0),
    ]
    assert free.table.n_groups == 3


def test_plan_knows_its_cost():
    market = o1()
    optimum = best_for_budget(market, 2000)
    assert Plan(np.array([0, 1, 0, 1, 10.0]), optimum, 2000).cost(market) == pytest.approx(10.48)
