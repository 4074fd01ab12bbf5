from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs import robust
from service.calibration.designs.bands import Scenario, scenarios_weighed
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import (
    Market,
    Plan,
    best_for_budget,
    in_scenarios,
    market_of,
    quick_best,
    whole_design,
    worst_variance,
)
from service.calibration.designs.objective import Objective
from service.calibration.designs.robust import robust_counts, stack, worst_ratio
from service.calibration.designs.uncertainty import scenarios_of
from tests.calibration.designs.pilots import basis, single, two_arms

BUDGET = Objective("budget", 1000.0)


def planned(known: Basis, costs: Costs, limits: Constraints | None = None) -> tuple[Market, Plan, list[Scenario]]:
    market = market_of(known, costs, limits or Constraints())
    optimum = best_for_budget(market, 1000.0)
    counts = whole_design(market, optimum.counts, Wanted(budget=1000.0))
    assert counts is not None
    plan = Plan(counts, optimum, 1000.0)
    return market, plan, scenarios_weighed(market, known.scenarios, plan, BUDGET)


@pytest.mark.parametrize(
    ("pilot", "prices"),
    [
        (single(20, (0.4,), seed=2), (0.1,)),
        (single(100, (0.5, 0.4, 0.2)), (0.2, 0.02, 0.005)),
        (two_arms(40, (0.6, 0.3), "independent"), (0.1,)),
        (two_arms(40, (0.6, 0.3), "shared"), (0.02,)),
    ],
)
def test_the_worst_regret_over_the_band_is_lower_than_the_plug_ins(pilot, prices):
    market, plan, scenarios = planned(basis(pilot), Costs(5.0, prices))
    found = robust_counts(market, plan, scenarios)
    regrets = np.array(
        [[worst_variance(one.market, n) / one.variance - 1 for n in (found.counts, plan.counts)] for one in scenarios]
    )
    assert regrets.min() > -1e-4
    assert regrets[:, 0].max() == pytest.approx(found.worst_regret, rel=1e-9)
    assert regrets[:, 1].max() == pytest.approx(found.plug_in_worst_regret, rel=1e-9)
    assert found.worst_regret < 0.95 * found.plug_in_worst_regret
    assert float(market.prices @ found.counts) <= 1000.0 * (1 + 1e-12)


@pytest.mark.unwatched
def test_new_scenarios_of_the_pilots_regret_it_less():
    """By simulation: 8 pilots of 30 humans, 60 new scenarios each; the worst regret of either design in each pilot."""
    worst = []
    for seed in range(8):
        pilot = single(30, (0.5,), seed=seed)
        market, plan, scenarios = planned(basis(pilot), Costs(5.0, (0.2,)))
        found = robust_counts(market, plan, scenarios)
        new = []
        for joint in scenarios_of(pilot, np.random.default_rng(1000 + seed), 30):
            there = in_scenarios(market, [joint])[0]
            least = quick_best(there, 1000.0).variance
            new.append([worst_variance(there, n) / least - 1 for n in (found.counts, plan.counts)])
        worst.append(np.max(new, axis=0))
    robust_worst, plug_in_worst = np.array(worst).T
    assert robust_worst.mean() < 0.9 * plug_in_worst.mean()
    assert robust_worst.max() < 0.9 * plug_in_worst.max()
    assert np.sum(robust_worst < plug_in_worst) >= 6


def test_one_llm_is_the_minimax_of_every_whole_design():
    """One population: n humans with an answer, up to 8 without, and as many more answers as 1000 buys."""
    market, plan, scenarios = planned(basis(single(60, (0.6,), seed=4)), Costs(5.0, (0.2,)))
    here = quick_best(market, 1000.0)
    band = [Scenario(market, here.counts, here.variance), *scenarios]
    assert [(g.human, bool(g.models)) for g in market.groups] == [(True, False), (True, True), (False, True)]
    least = min(
        worst_ratio(band, np.array([bare, n, np.floor((1000 - 5 * bare - 5.2 * n + 1e-9) / 0.2)]))[0]
        for bare in range(9)
        for n in range(165, 191 - bare)
    )
    found = robust_counts(market, plan, scenarios)
    assert found.worst_regret == pytest.approx(least - 1, abs=1e-4)
    assert found.gap < 2e-3


def test_a_stack_holds_every_scenarios_variance():
    market, plan, scenarios = planned(basis(two_arms(40, (0.6, 0.3), "shared")), Costs(5.0, (0.05,)))
    some = scenarios[:4]
    stacked = stack(some)
    assert stacked.factors.shape == tuple(4 * size for size in market.table.factors.shape)
    assert robust.variances(stacked, plan.counts) == pytest.approx(
        [worst_variance(one.market, plan.counts) / one.variance for one in some], rel=1e-9
    )
    assert robust.variances(stacked, plan.counts).max() == pytest.approx(worst_ratio(some, plan.counts)[0], rel=1e-9)


def test_a_stack_too_large_to_solve_takes_the_best_design_at_hand(monkeypatch):
    monkeypatch.setattr(robust, "STACK_WORK", 1.0)
    market, plan, scenarios = planned(basis(single(100, (0.5, 0.4, 0.2))), Costs(5.0, (0.2, 0.02, 0.005)))
    found = robust_counts(market, plan, scenarios)
    monkeypatch.undo()
    better = robust_counts(market, plan, scenarios)
    assert better.worst_regret < found.worst_regret < found.plug_in_worst_regret


def test_limits_and_money_are_kept():
    limits = Constraints((60.0, 70.0), max_human=160.0, max_llm_only=500.0)
    known = basis(two_arms(40, (0.6, 0.3), "independent"))
    answer = design(known, Costs(5.0, (0.1,)), BUDGET, limits)
    assert answer.robust is not None
    found = answer.robust.design
    assert [a.n_human >= least for a, least in zip(found.arms, (60, 70), strict=True)] == [True, True]
    assert found.n_human <= 160
    assert found.n_llm_only <= 500
    assert found.cost <= 1000.0
    target = design(known, Costs(5.0, (0.1,)), Objective("standard_error", 0.17), limits)
    assert target.robust is not None
    assert target.robust.design.cost <= max(target.design.cost, target.continuous.cost)
    assert 0 <= target.robust.worst_regret <= target.robust.plug_in_worst_regret


def test_its_figures_are_those_of_its_counts():
    known = basis(single(30, (0.5,), seed=2))
    answer = design(known, Costs(5.0, (0.2,)), BUDGET)
    assert answer.robust is not None
    found, plain = answer.robust.design, answer.design
    market = market_of(known, Costs(5.0, (0.2,)), Constraints())
    counts = np.array(
        [
            sum(g.n for g in found.groups if (g.human, bool(g.models)) == (o.human, bool(o.models)))
            for o in market.groups
        ]
    )
    assert found.standard_error == pytest.approx(np.sqrt(worst_variance(market, counts)), rel=1e-12)
    assert found.standard_error >= plain.standard_error * (1 - 1e-12)
    for name in ("interval_width", "mde"):
        assert getattr(found, name) / getattr(plain, name) == pytest.approx(found.standard_error / plain.standard_error)
    ratio = (plain.standard_error / found.standard_error) ** 2
    assert found.effective_sample_size == pytest.approx(plain.effective_sample_size * ratio)
    assert found.models[0].n == sum(g.n for g in found.groups if g.models)
    assert found.models[0].marginal_value == plain.models[0].marginal_value
    assert found.n_human == sum(g.n for g in found.groups if g.human)


def test_nothing_to_hedge_keeps_the_plug_in():
    """A model too dear to be bought in any scenario: humans alone are best everywhere."""
    answer = design(basis(single(60, (0.3,))), Costs(1.0, (0.9,)), Objective("budget", 100.0))
    assert answer.robust is not None
    assert answer.robust.design.groups == answer.design.groups
    assert answer.robust.worst_regret == pytest.approx(0.0, abs=2e-5)
