from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs import top_up as module
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.joint import Basis, Collected
from service.calibration.designs.market import best_for_budget, market_of
from service.calibration.designs.objective import Objective
from service.calibration.designs.top_up import top_up
from tests.calibration.designs.cases import one
from tests.calibration.designs.pilots import basis, single, two_arms

FREE = Constraints()


def known(rho: float, humans: int, llm_only: int) -> Basis:
    units = (Collected(None, True, (0,), humans), Collected(None, False, (0,), llm_only))
    return replace(one(rho), collected=units)


def variance(rho: float, bare: float, paired: float, llm_only: float) -> float:
    """One population: y alone on some, y and f on some, f alone on some; by its information matrix."""
    both = np.linalg.inv(np.array([[1, rho], [rho, 1]]))
    information = bare * np.diag([1.0, 0.0]) + paired * both + llm_only * np.diag([0.0, 1.0])
    return float(np.linalg.inv(information)[0, 0])


def test_the_best_of_every_whole_purchase():
    """Brute force: 60 to spend on humans at 1, with an answer at 1.1, and answers at .1."""
    rho, pilot = 0.7, known(0.7, 40, 100)
    found = top_up(market_of(pilot, Costs(1.0, (0.1,)), FREE), pilot, Wanted(budget=60.0), 60.0)
    best = min(
        variance(rho, bare, 40 + n, 100 + np.floor((60 - bare - 1.1 * n + 1e-9) / 0.1))
        for bare in range(61)
        for n in range(int((60 - bare) / 1.1 + 1e-9) + 1)
    )
    assert found is not None
    assert found.standard_error**2 == pytest.approx(best, rel=2e-5)
    assert found.standard_error_before**2 == pytest.approx(variance(rho, 0, 40, 100), rel=1e-12)
    more = [variance(rho, 0, 40 + int(40 * s), 100 + int(100 * s)) for s in (60 / 54,)]
    assert found.standard_error_proportional**2 == pytest.approx(more[0], rel=1e-12)
    assert found.cost <= 60.0


def test_too_many_humans_already_buys_answers_only():
    pilot = known(0.9, 500, 0)
    found = top_up(market_of(pilot, Costs(1.0, (0.01,)), FREE), pilot, Wanted(budget=5.0), 5.0)
    assert found is not None
    assert [(g.human, g.models, g.n) for g in found.groups] == [(False, ("m1",), 500)]


@pytest.mark.unwatched
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_never_worse_than_what_it_was_judged_against(seed):
    """15 random cases per seed: twins, independent arms, one population, with and without limits."""
    rng = np.random.default_rng(seed)
    for _ in range(15):
        n, design_kind = int(rng.integers(12, 60)), rng.choice(["single", "shared", "independent"])
        slopes = tuple(rng.uniform(0.05, 0.9, 2))
        pilot = single(n, (slopes[0],)) if design_kind == "single" else two_arms(n, slopes, str(design_kind))
        here = basis(pilot, llm_only=int(rng.integers(0, 200)))
        limits = Constraints(max_human=float(rng.integers(n, 4 * n))) if rng.random() < 0.3 else FREE
        on_offer = market_of(here, Costs(5.0, (float(10 ** rng.uniform(-3, 0)),)), limits)
        budget = float(10 ** rng.uniform(-0.5, 3.5))
        found = top_up(on_offer, here, Wanted(budget=budget), budget)
        assert found is not None
        assert found.standard_error <= found.standard_error_before
        assert found.standard_error <= found.standard_error_proportional * (1 + 1e-12)
        assert found.cost <= budget * (1 + 1e-12)
        if found.cost == 0:
            assert found.groups == ()
        reached = top_up(on_offer, here, Wanted(variance=found.standard_error**2 * 1.000001), budget)
        assert reached is not None
        assert reached.standard_error <= found.standard_error * 1.000001
        assert reached.cost <= found.cost * (1 + 1e-9) + 5.0


def test_nothing_is_bought_where_nothing_helps():
    pilot = known(0.7, 40, 100)
    on_offer = market_of(pilot, Costs(1.0, (0.1,)), FREE)
    poor = top_up(on_offer, pilot, Wanted(budget=0.05), 0.05)
    met = top_up(on_offer, pilot, Wanted(variance=1.0), 10.0)
    for found in (poor, met):
        assert found is not None
        assert (found.groups, found.cost, found.n_human) == ((), 0.0, 0.0)
        assert found.standard_error == found.standard_error_before
    full = market_of(pilot, Costs(1.0, (0.1,)), Constraints(max_human=40.0, max_llm_only=90.0))
    assert top_up(full, pilot, Wanted(budget=50.0), 50.0) is None


def test_limits_are_on_the_totals():
    pilot = known(0.7, 40, 100)
    on_offer = market_of(pilot, Costs(1.0, (0.01,)), Constraints(50.0, 60.0, 300.0))
    found = top_up(on_offer, pilot, Wanted(budget=500.0), 500.0)
    assert found is not None
    assert 10 <= found.n_human <= 20
    assert found.n_llm_only <= 200
    needed = market_of(known(0.95, 40, 0), Costs(1.0, (0.01,)), Constraints(50.0))
    least = top_up(needed, known(0.95, 40, 0), Wanted(budget=10.0), 10.0)
    assert least is not None
    assert least.n_human == 10
    poor = top_up(needed, known(0.95, 40, 0), Wanted(budget=9.0), 9.0)
    assert poor is not None
    assert poor.n_human < 9
    target = top_up(needed, known(0.95, 40, 0), Wanted(variance=1.0), 9.0)
    assert target is not None
    assert (target.n_human, target.cost) == (10, 10.0)
    beyond = market_of(known(0.95, 40, 0), Costs(1.0, (0.01,)), Constraints(70.0, 90.0, 0.0))
    filled = top_up(beyond, known(0.95, 40, 0), Wanted(budget=100.0), 100.0)
    assert filled is not None
    assert filled.n_human == 50


def test_a_target_beyond_the_limits_has_no_top_up():
    pilot = known(0.5, 40, 0)
    on_offer = market_of(pilot, Costs(1.0, (0.01,)), Constraints(max_human=60.0))
    assert top_up(on_offer, pilot, Wanted(variance=0.001), 10.0) is None


def test_a_target_is_reached_at_least_cost():
    pilot = known(0.7, 40, 100)
    on_offer = market_of(pilot, Costs(1.0, (0.1,)), FREE)
    found = top_up(on_offer, pilot, Wanted(variance=0.008), 10.0)
    assert found is not None
    assert found.standard_error**2 <= 0.008 * (1 + 1e-12)
    best = min(
        bare + 1.1 * n + 0.1 * answers
        for bare in range(0, 30, 3)
        for n in range(120)
        for answers in (next((a for a in range(0, 600, 4) if variance(0.7, bare, 40 + n, 100 + a) <= 0.008), 10**9),)
    )
    assert found.cost <= best + 0.4


def test_free_answers_are_taken_up_to_their_cap():
    pilot = known(0.7, 40, 0)
    on_offer = market_of(pilot, Costs(1.0, (0.0,)), Constraints(max_llm_only=1000.0))
    found = top_up(on_offer, pilot, Wanted(budget=0.5), 0.5)
    assert found is not None
    assert (found.n_human, found.n_llm_only, found.cost) == (0.0, 1000.0, 0.0)


def test_only_free_answers_are_left_to_take():
    pilot = known(0.7, 40, 100)
    on_offer = market_of(pilot, Costs(1.0, (0.0,)), Constraints(max_human=40.0, max_llm_only=600.0))
    found = top_up(on_offer, pilot, Wanted(budget=50.0), 50.0)
    assert found is not None
    assert (found.n_human, found.n_llm_only, found.cost) == (0.0, 500.0, 0.0)
    assert found.standard_error**2 == pytest.approx(variance(0.7, 0, 40, 600), rel=1e-9)


def test_whole_humans_may_not_exist_between_the_limits():
    here = basis(two_arms(20, (0.6, 0.3), "shared"))
    on_offer = market_of(here, Costs(5.0, (0.02,)), Constraints(max_human=40.5))
    found = top_up(on_offer, here, Wanted(budget=100.0), 100.0)
    assert found is not None
    assert found.n_human == 0
    assert found.n_llm_only > 0


def test_old_units_keep_the_draws_that_they_were_asked():
    """A pilot of 4 draws knows more of the predictions' mean than new units of one draw do."""
    from service.calibration.designs.draws import Draws, at_draws, basis_at

    pilot = known(0.7, 40, 400)
    averaged = replace(pilot, joint=at_draws(pilot.joint, Draws((0.6,), 9), 4))
    column = replace(averaged.joint.columns[0], icc=0.6)
    averaged = replace(averaged, joint=replace(averaged.joint, columns=(column,)))
    fresh = basis_at(averaged, Draws((None,), 1), 1)
    assert fresh.joint.covariance == pytest.approx(pilot.joint.covariance)
    on_offer = market_of(fresh, Costs(1.0, (0.1,)), FREE)
    kept = top_up(on_offer, averaged, Wanted(budget=50.0), 50.0)
    plain = top_up(on_offer, pilot, Wanted(budget=50.0), 50.0)
    assert kept is not None
    assert plain is not None
    assert kept.standard_error_before < plain.standard_error_before
    assert kept.standard_error < plain.standard_error


def test_the_answer_has_it_where_units_are_known():
    here = basis(single(40, (0.6,)), llm_only=300)
    answer = design(here, Costs(5.0, (0.1,)), Objective("budget", 400.0))
    assert answer.top_up is not None
    assert answer.top_up.standard_error < answer.design.standard_error
    assert design(replace(here, collected=()), Costs(5.0, (0.1,)), Objective("budget", 400.0)).top_up is None
    alone = best_for_budget(market_of(here, Costs(5.0, (0.1,)), FREE), 400.0)
    assert answer.top_up.standard_error**2 < alone.variance


def test_where_no_whole_numbers_are_found_the_humans_still_lacking_are_bought(monkeypatch):
    """The counts are searched near the optimum only, and the search may come back with nothing."""
    monkeypatch.setattr(module, "whole_counts", lambda *_, **__: None)
    pilot = known(0.7, 4, 100)
    found = top_up(market_of(pilot, Costs(1.0, (0.1,)), Constraints(10.0)), pilot, Wanted(budget=50.0), 50.0)
    assert found is not None
    assert found.n_human >= 6
    assert found.cost <= 50.0
