from __future__ import annotations

import pytest

from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.market import Plan, best_for_budget, market_of, whole_design
from service.calibration.designs.objective import Aim
from service.calibration.designs.summary import continuous_design, group_counts, money, whole_summary
from tests.calibration.designs.cases import sigma_a, twins, two_samples


def summary(basis, costs, budget, aim=None):
    market = market_of(basis, costs, Constraints())
    optimum = best_for_budget(market, budget)
    counts = whole_design(market, optimum.counts, Wanted(budget=budget))
    assert counts is not None
    return market, whole_summary(market, Plan(counts, optimum, budget), aim or Aim(), 4.0)


def test_money_sheds_binary_dust():
    assert 0.1 + 0.2 != 0.3
    assert money(0.1 + 0.2) == 0.3
    assert money(795 * 1.1 + 1255 * 0.1) == 1000.0


def test_twins_count_answers_under_both_conditions():
    market, found = summary(twins(sigma_a(), 1), Costs(5.0, (0.02,)), 2000.0)
    model = found.models[0]
    units = found.n_human + found.n_llm_only
    assert (model.name, model.n, model.cost) == ("m1", 2 * units, pytest.approx(0.04 * units))
    assert found.cost == pytest.approx(5 * found.n_human + model.cost)
    assert found.sampling_ratio == found.n_llm_only / found.n_human
    assert [(arm.name, arm.n_llm_only) for arm in found.arms] == [("1", None), ("0", None)]
    assert sum(arm.n_human for arm in found.arms) == found.n_human
    assert [(g.arm, g.human, g.models) for g in found.groups] == [
        ("1", True, ("m1",)),
        ("0", True, ("m1",)),
        (None, False, ("m1",)),
    ]
    assert found.draws_per_persona == 1
    assert found.optimality_gap < 1e-9
    assert market.joint.arms == ("1", "0")


def test_independent_arms_have_their_own_llm_only_units():
    _, found = summary(two_samples(), Costs(4.0, (0.03,)), 3000.0)
    assert sum(arm.n_llm_only for arm in found.arms) == found.n_llm_only
    assert found.models[0].n == found.n_human + found.n_llm_only


def test_figures_follow_the_standard_error():
    _, found = summary(two_samples(), Costs(4.0, (0.03,)), 3000.0, Aim(0.2, 0.9, 0.9))
    assert found.interval_width == pytest.approx(2 * 1.6448536 * found.standard_error)
    assert found.mde == pytest.approx((1.6448536 + 1.2815516) * found.standard_error, rel=1e-4)
    assert found.effective_sample_size == pytest.approx(4 / found.standard_error**2)
    assert found.power == pytest.approx(0.8, abs=0.1)
    assert summary(two_samples(), Costs(4.0, (0.03,)), 3000.0)[1].power is None


def test_continuous_design_leaves_out_what_is_not_bought():
    market = market_of(two_samples(), Costs(4.0, (0.03,)), Constraints())
    optimum = best_for_budget(market, 3000.0)
    found = continuous_design(market, optimum)
    assert len(found.groups) == 4
    assert found.n_human == pytest.approx(711.645, abs=1e-3)
    assert found.n_llm_only == pytest.approx(4402.293, abs=1e-3)
    assert found.cost == pytest.approx(3000, rel=1e-10)
    assert found.standard_error**2 == pytest.approx(optimum.variance)
    assert group_counts(market, optimum.counts) == found.groups
