from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.designs import integers
from service.calibration.designs.closed_forms import effective_sample_size, one_population
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Offer, Wanted, whole_counts
from service.calibration.designs.interior_point import InformationTable, Limits
from service.calibration.designs.joint import Basis, Column, Joint
from service.calibration.designs.market import best_for_budget, market_of, whole_design, worst_variance
from tests.calibration.designs.cases import TABLE, one, sigma_a, twins

O1_COSTS = Costs(5.0, (0.02,))


def whole(basis, costs, budget, wanted=None, constraints=None, **options):
    market = market_of(basis, costs, constraints or Constraints())
    counts = whole_design(market, best_for_budget(market, budget).counts, wanted or Wanted(budget=budget), **options)
    return market, counts


def test_left_over_money_is_used():
    market, counts = whole(one(0.9), Costs(1.0, (0.1,)), 1000)
    assert counts.tolist() == [0, 605, 3345]
    assert 1 / worst_variance(market, counts) == pytest.approx(1926, abs=0.5)
    assert market.prices @ counts == pytest.approx(1000, abs=1e-9)


def test_target_is_met_at_the_least_cost_with_the_fewest_humans():
    market, counts = whole(one(0.9), Costs(1.0, (0.1,)), 1557.339, Wanted(variance=1 / 3000))
    assert counts.tolist() == [0, 938, 5256]
    assert market.prices @ counts == pytest.approx(1557.40, abs=1e-9)
    assert 1 / worst_variance(market, counts) >= 3000
    assert effective_sample_size(942, 5210, 0.9) < 3000 * (1 + 1e-4)


def test_rounding_of_the_reference_planner_misses_its_target():
    assert effective_sample_size(942, 5209, 0.9) < 3000
    cheapest = min(
        1.1 * n + 0.1 * llm_only
        for n in range(900, 980)
        for llm_only in range(4700, 5800)
        if effective_sample_size(n, llm_only, 0.9) >= 3000
    )
    assert cheapest == pytest.approx(1557.40, abs=1e-9)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_whole_numbers_lose_next_to_nothing(case):
    market = market_of(case.basis, case.costs, case.constraints)
    optimum = best_for_budget(market, case.budget)
    counts = whole_design(market, optimum.counts, Wanted(budget=case.budget))
    assert counts is not None
    assert np.all(counts == np.round(counts))
    assert market.prices @ counts <= case.budget * (1 + 1e-12)
    least = case.constraints.least(market.joint.n_arms)
    humans = [
        sum(n for g, n in zip(market.groups, counts, strict=True) if g.human and (g.arm or 0) == d)
        for d in range(least.size)
    ]
    assert np.all(np.array(humans) >= least)
    assert sum(humans) <= (case.constraints.max_human or np.inf)
    smallest = market.prices[counts > 0].min() / case.budget
    assert worst_variance(market, counts) <= optimum.variance * (1 + 1e-4 + smallest)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(0.3, 0.97), st.floats(0.001, 0.2), st.floats(20, 90))
def test_as_good_as_brute_force(rho, gamma, budget):
    market, counts = whole(one(rho), Costs(1.0, (gamma,)), budget)
    best = np.floor(budget)
    for n in range(1, int(budget / (1 + gamma)) + 1):
        llm_only = np.floor((budget - n * (1 + gamma)) / gamma)
        best = max(best, effective_sample_size(n, llm_only, rho))
    alone = np.floor(budget)
    assert market.prices @ counts <= budget * (1 + 1e-12)
    assert max(1 / worst_variance(market, counts), alone) >= best - 0.5


def test_minimum_that_needs_rounding_up():
    _, counts = whole(twins(sigma_a(), 1), O1_COSTS, 2000, constraints=Constraints((230.4, 150.0)))
    assert counts[0] + counts[1] == 231


def test_target_under_limits():
    constraints = Constraints((230.0, 150.0), 400.0, 900.0)
    market, counts = whole(twins(sigma_a(), 1), O1_COSTS, 2000, Wanted(variance=7.3e-3), constraints)
    assert worst_variance(market, counts) <= 7.3e-3
    assert counts[:2].sum() >= 230
    assert counts[4] <= 900


def test_no_whole_numbers_fit():
    constraints = Constraints(1.2, max_human=2.5)
    market = market_of(twins(sigma_a(), 1), O1_COSTS, constraints)
    assert whole_design(market, np.array([0, 1.25, 0, 1.25, 10.0]), Wanted(budget=2000.0)) is None
    assert whole_design(market, np.array([0, 1.25, 0, 1.25, 10.0]), Wanted(variance=1e-9)) is None


def test_without_search(monkeypatch):
    market, quick = whole(one(0.9), Costs(1.0, (0.1,)), 1000, thorough=False)
    assert quick.tolist() == [0, 604, 3356]
    monkeypatch.setattr(integers, "MOST_NUMBERS", 1)
    assert whole(one(0.9), Costs(1.0, (0.1,)), 1000)[1].tolist() == quick.tolist()
    monkeypatch.setattr(integers, "MOST_NUMBERS", 2_000_000)
    monkeypatch.setattr(integers, "MOST_ROUNDS", 0)
    assert whole(one(0.9), Costs(1.0, (0.1,)), 1000)[1].tolist() == quick.tolist()
    assert market.prices @ quick <= 1000 * (1 + 1e-12)


def test_many_arms_are_searched_one_at_a_time():
    D = 14
    covariance = np.eye(2 * D)
    for d in range(D):
        covariance[d, D + d] = covariance[D + d, d] = 0.8
    columns = tuple(Column(0, d) for d in range(D))
    joint = Joint(tuple(f"a{d}" for d in range(D)), ("f",), columns, covariance, "independent")
    basis = Basis(joint, np.linspace(-1, 1.3, D)[None, :])
    market, counts = whole(basis, Costs(1.0, (0.05,)), 3000)
    assert np.count_nonzero(counts) == 2 * D
    assert market.prices @ counts <= 3000 * (1 + 1e-12)
    assert worst_variance(market, counts) <= best_for_budget(market, 3000).variance * (1 + 1e-3)


def test_candidates_that_leave_a_mean_unseen_are_still_compared():
    table = InformationTable(np.eye(2), np.array([0, 1]), np.array([[1.0], [0.0]]))
    limits = Limits(np.array([[5.0, 1.0]]), np.array([np.inf]), np.zeros(2))
    offer = Offer(table, limits, np.zeros(2), np.array([1.0, 0.0]))
    assert whole_counts(offer, np.array([19.0, 5.0]), Wanted(budget=100.0)).tolist() == [20, 0]


def test_one_group_has_nothing_to_search():
    market, counts = whole(one(0.1), Costs(1.0, (0.5,)), 33.3)
    assert counts.tolist() == [33, 0, 0]
    assert one_population(0.1, 1.0, 0.5, 33.3)[0] == 33.3
    assert worst_variance(market, counts) == pytest.approx(1 / 33)
