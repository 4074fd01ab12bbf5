from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs import bands, market
from service.calibration.designs.answer import Bands
from service.calibration.designs.bands import bands_of, scenarios_weighed, variance_per_human
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, against_control
from service.calibration.designs.market import (
    Plan,
    best_for_budget,
    budget_for_target,
    humans_alone,
    in_scenarios,
    market_of,
    worst_variance,
)
from service.calibration.designs.objective import Aim, Objective, wanted_of
from tests.calibration.designs.cases import one
from tests.calibration.designs.pilots import basis, single, two_arms

COSTS = Costs(5.0, (0.1,))
BUDGET = Objective("budget", 1000.0)


def bands_at(known: Basis, objective: Objective, limits: Constraints | None = None) -> Bands:
    """The bands of a plan that rounds its optimum down."""
    on_offer = market_of(known, COSTS, limits or Constraints())
    wanted = wanted_of(objective, Aim(), variance_per_human(on_offer))
    budget = wanted.budget or budget_for_target(on_offer, wanted.variance or 0.0)
    optimum = best_for_budget(on_offer, budget)
    plan = Plan(np.floor(optimum.counts), optimum, budget)
    return bands_of(scenarios_weighed(on_offer, known.scenarios, plan, objective), plan, objective, Aim())


def test_bands_hold_what_the_scenarios_hold():
    """Budget, 39 scenarios, level .95: the extremes of 39 designs solved on their own."""
    known = basis(single(60, (0.6,)))
    answer = design(known, COSTS, BUDGET)
    found = answer.bands
    assert found is not None
    each = [market_of(replace(known, joint=j), COSTS, Constraints()) for j in known.scenarios]
    human = np.array([g.human for g in each[0].groups])
    best = [best_for_budget(one, 1000.0).counts for one in each]
    counts, others = [n[human].sum() for n in best], [n[~human].sum() for n in best]
    assert found.level == 0.95
    assert found.n_human == pytest.approx((min(counts), max(counts)), abs=0.6)
    assert found.n_llm_only == pytest.approx((min(others), max(others)), abs=1.5)
    placed = in_scenarios(market_of(known, COSTS, Constraints()), known.scenarios)
    chosen = {(g.human, g.models): g.n for g in answer.design.groups}
    counts_there = np.array(
        [chosen.get((g.human, tuple(f"m{k + 1}" for k in g.models)), 0.0) for g in placed[0].groups]
    )
    errors = sorted(np.sqrt(worst_variance(there, counts_there)) for there in placed)
    assert found.standard_error == pytest.approx((errors[0], errors[-1]))
    shares = sorted(
        answer.design.cost * e**2 / (5.0 * there.joint.covariance[0, 0])
        for e, there in ((np.sqrt(worst_variance(t, counts_there)), t) for t in placed)
    )
    assert found.cost_share == pytest.approx((shares[0], shares[-1]))
    assert found.cost_share[0] < answer.cost_share < found.cost_share[1]


def test_a_lower_level_is_a_narrower_band():
    known = basis(single(60, (0.6,)))
    wide, narrow = (design(known, COSTS, BUDGET, aim=Aim(confidence_level=level)).bands for level in (0.99, 0.8))
    assert wide is not None
    assert narrow is not None
    assert (wide.level, narrow.level) == (0.95, 0.8)
    assert wide.standard_error[0] < narrow.standard_error[0] < narrow.standard_error[1] < wide.standard_error[1]


def test_a_larger_pilot_is_surer():
    widths = []
    for n in (30, 120, 480):
        found = design(basis(single(n, (0.6,), seed=3)), COSTS, BUDGET).bands
        assert found is not None
        widths.append(found.cost_share[1] - found.cost_share[0])
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


@pytest.mark.unwatched
def test_bands_cover_what_the_truth_would_have_recommended():
    """40 pilots of 60 humans: the best number of humans, and what the recommended design gives under the truth."""
    truth = market_of(one(0.6), COSTS, Constraints())
    best = best_for_budget(truth, 1000.0)
    humans = best.counts[[g.human for g in truth.groups]].sum()
    covered = np.zeros(3)
    for seed in range(40):
        known = basis(single(60, (0.6,), seed=100 + seed), seed)
        on_offer = market_of(known, COSTS, Constraints())
        optimum = best_for_budget(on_offer, 1000.0)
        plan = Plan(np.floor(optimum.counts), optimum, 1000.0)
        found = bands_of(scenarios_weighed(on_offer, known.scenarios, plan, BUDGET), plan, BUDGET, Aim())
        variance = worst_variance(truth, plan.counts)
        inside = [(found.n_human, round(humans)), (found.standard_error, variance**0.5)]
        inside.append((found.cost_share, plan.cost(truth) * variance / 5.0))
        covered += [low <= value <= high for (low, high), value in inside]
    assert covered.min() >= 36
    assert found.n_human[1] - found.n_human[0] < 60


@pytest.mark.parametrize("objective", [Objective("standard_error", 0.07), Objective("effective_sample_size", 180.0)])
def test_targets_ask_for_more_where_less_is_true(objective):
    known = basis(single(60, (0.6,)))
    found = bands_at(known, objective)
    counts = []
    for joint in known.scenarios:
        there = market_of(replace(known, joint=joint), COSTS, Constraints())
        variance = wanted_of(objective, Aim(), joint.covariance[0, 0]).variance
        reached = best_for_budget(there, budget_for_target(there, variance))
        counts.append(reached.counts[[g.human for g in there.groups]].sum())
    assert found.n_human == pytest.approx((min(counts), max(counts)), abs=0.6)


def test_targets_under_limits_search_few_scenarios_and_leave_unreachable_ends_open():
    known, limits = basis(single(60, (0.6,))), Constraints(20.0, max_human=210.0, max_llm_only=900.0)
    found = bands_at(known, Objective("standard_error", 0.064), limits)
    assert found.level == 0.8
    assert found.n_human[1] is None
    assert found.n_llm_only[1] is None
    wide = bands_at(known, Objective("standard_error", 0.09), limits)
    there = market_of(replace(known, joint=known.scenarios[0]), COSTS, limits)
    reached = best_for_budget(there, budget_for_target(there, 0.09**2)).counts
    assert wide.n_human[1] is not None
    assert wide.n_human[0] <= round(reached[[g.human for g in there.groups]].sum()) <= wide.n_human[1]


def test_dear_solves_mean_fewer_scenarios_and_large_problems_none(monkeypatch):
    known = basis(two_arms(40, (0.6, 0.5), "shared"))
    monkeypatch.setattr(bands, "TIERS", ((1.0, 39), (np.inf, 9)))
    found = design(known, COSTS, BUDGET).bands
    assert found is not None
    assert found.level == 0.8
    monkeypatch.setattr(market, "WORK_OF_MANY_SOLVES", 1.0)
    large = design(known, COSTS, BUDGET)
    assert large.bands is large.robust is large.top_up is None
    assert [w.code for w in large.warnings] == ["large_design"]


def test_humans_alone_per_human():
    both = basis(two_arms(40, (0.6, 0.5), "independent"))
    sd = np.sqrt(both.joint.outcome_variance)
    on_offer = market_of(both, COSTS, Constraints())
    assert variance_per_human(on_offer) == pytest.approx(sd.sum() ** 2)
    unlimited = humans_alone(on_offer, Constraints())
    assert best_for_budget(unlimited, 10.0).variance * 2 == pytest.approx(sd.sum() ** 2, rel=1e-9)
    several = market_of(replace(both, contrasts=np.vstack([against_control(2), [[1.0, 0.0]]])), COSTS, Constraints())
    assert variance_per_human(several) == pytest.approx(sd.sum() ** 2, rel=1e-4)
