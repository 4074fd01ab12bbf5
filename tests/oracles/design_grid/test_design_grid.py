from __future__ import annotations

import pytest

from service.calibration.designs.closed_forms import effective_sample_size
from service.calibration.designs.design import design
from service.calibration.designs.objective import Objective
from tests.oracles.design_grid.loading import BUDGETS, TARGETS, basis, costs

pytestmark = pytest.mark.unwatched


def test_the_grid_is_whole():
    assert (len(BUDGETS), len(TARGETS)) == (56, 28)


@pytest.mark.parametrize("case", BUDGETS, ids=lambda c: f"{c['source']}-{c['cost_Y']}-{c['budget']}")
def test_budget_is_kept_and_brute_force_matched(case):
    plan = design(basis(case), costs(case), Objective("budget", case["budget"])).design
    spent = plan.n_human * (case["cost_Y"] + case["cost_X"]) + plan.n_llm_only * case["cost_X"]
    spent += plan.models[0].n * case["cost_Yhat"]
    best = max(case["brute_force"]["effective_n"], case["brute_force"]["classical_n"])
    assert plan.cost <= case["budget"]
    assert spent == pytest.approx(plan.cost, rel=1e-11)
    assert plan.effective_sample_size >= best * (1 - 1e-12)


@pytest.mark.parametrize("case", TARGETS, ids=lambda c: f"{c['source']}-{c['cost_Y']}")
def test_target_is_met_no_dearer_than_the_planner(case):
    target, planner = case["effective_n_target"], case["ppi_python"]
    plan = design(basis(case), costs(case), Objective("effective_sample_size", target)).design
    reached = effective_sample_size(planner["n"], planner["N"], case["ppi_corr"])
    assert plan.effective_sample_size >= target * (1 - 1e-12)
    assert plan.cost <= planner["cost"] * (1 + 1e-12) or reached < target
