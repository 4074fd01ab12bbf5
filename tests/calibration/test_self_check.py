"""The self-check of designs: agreement with the analytic power, coverage, and what it refuses to simulate."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from service.calibration import self_check
from service.calibration.designs.answer import Simulation
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.design import Question, answer
from service.calibration.designs.draws import Draws
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis
from service.calibration.designs.objective import Aim, Objective
from service.calibration.designs.study import DrawsAsked, Wish
from service.calibration.plan import Costs as StudyCosts
from service.calibration.plan import Plan
from service.calibration.resolution import resolve
from service.calibration.self_check import Check, checked, checked_study
from service.calibration.study_design import study_design
from tests.calibration.studies import simulate

KINDS = ["single", "independent", "shared", "randomization"]
NARROW = 3.5
"""Monte Carlo errors within which figures must agree."""


def basis(kind: str, rho: float = 0.7, D: int = 2) -> Basis:
    D = 1 if kind == "single" else D
    arms = () if D == 1 else tuple("abc"[:D])
    identification, design = ("randomization", "shared") if kind == "randomization" else ("exchangeability", kind)
    return assumed_basis(
        Assumed(("m",), np.ones(D), np.full((D, 1), rho), np.eye(1), arms, design, 0.3, identification)
    )


def simulated(known: Basis, objective: Objective, aim: Aim, check: Check, llm: float = 0.02) -> Simulation:
    found = answer(known, Costs(4.0, (llm,)), Question(objective, aim=aim))
    margin = objective.value if objective.kind == "equivalence" else None
    simulation = checked(known, None, found, replace(aim, margin=margin), check).simulation
    assert simulation is not None
    return simulation


def agrees(simulation: Simulation, level: float = 0.95) -> None:
    for one in simulation.contrasts:
        R = simulation.replicates
        assert abs(one.coverage - level) < NARROW * math.sqrt(level * (1 - level) / R), one
        expected = math.sqrt(one.analytic_power * (1 - one.analytic_power) / R)
        assert abs(one.power - one.analytic_power) < NARROW * expected, one
        assert one.spread == pytest.approx(one.standard_error, rel=NARROW / math.sqrt(2 * R))
        assert one.mean_standard_error == pytest.approx(one.standard_error, rel=0.03)


@pytest.mark.unwatched
@pytest.mark.parametrize("kind", KINDS)
def test_simulated_power_is_the_analytic_power(kind):
    budget = 500.0 if kind == "single" else 1500.0
    agrees(simulated(basis(kind), Objective("budget", budget), Aim(0.2), Check(150, 5)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rho", [0.3, 0.7, 0.9])
def test_simulated_power_is_the_analytic_power_in_many_studies(kind, rho):
    budget = 500.0 if kind == "single" else 1500.0
    agrees(simulated(basis(kind, rho), Objective("budget", budget), Aim(0.2), Check(4000, 7)))


def test_equivalence_is_tested_as_it_is_planned():
    simulation = simulated(basis("single"), Objective("equivalence", 0.25), Aim(0.0, 0.8), Check(100, 1))
    assert simulation.level == 0.9
    agrees(simulation, 0.9)
    assert simulation.contrasts[0].power > 0.7


def test_humans_alone_and_several_contrasts_are_simulated():
    alone = simulated(basis("single", 0.1), Objective("budget", 400.0), Aim(0.3), Check(60), llm=4.0)
    agrees(alone)
    three = simulated(basis("independent", D=3), Objective("budget", 1500.0), Aim(0.2), Check(60))
    assert [c.name for c in three.contrasts] == ["b - a", "c - a"]
    agrees(three)


def test_no_effect_no_power():
    found = simulated(basis("single"), Objective("budget", 300.0), Aim(), Check(20)).contrasts[0]
    assert found.power is found.power_error is found.analytic_power is None
    assert found.name == "all"
    assert 0 < found.coverage_error < 0.12


def test_the_seed_decides():
    def once(seed: int) -> Simulation:
        return simulated(basis("single"), Objective("budget", 200.0), Aim(0.2), Check(20, seed))

    assert once(3) == once(3)
    assert once(3) != once(4)


def test_contrasts_are_called_what_they_were_called_and_weighed():
    known = basis("independent", D=3)
    odd = replace(known, contrasts=np.array([[1.0, -0.5, -0.5], [1.0, -0.5, -0.5]]))
    named = Check(20, names=("one", "one"))
    found = simulated(odd, Objective("budget", 1500.0), Aim(0.2), named)
    assert [c.name for c in found.contrasts] == ["one", "one"]
    unnamed = simulated(odd, Objective("budget", 1500.0), Aim(0.2), Check(20))
    assert unnamed.contrasts[0].name == "+1 a -0.5 b -0.5 c"
    assert unnamed.contrasts[0].coverage == found.contrasts[0].coverage


def test_large_studies_are_drawn_less_often_or_not_at_all(monkeypatch):
    known, aim = basis("single"), Aim(0.2)
    found = answer(known, Costs(4.0, (0.02,)), Question(Objective("budget", 500.0), aim=aim))
    monkeypatch.setattr(self_check, "NUMBERS", 120 * (117 * 2 + 1483))
    fewer = checked(known, None, found, aim, Check(200))
    assert fewer.simulation.replicates == 120
    assert [w.code for w in fewer.warnings] == ["fewer_replicates"]
    monkeypatch.setattr(self_check, "PRODUCTS", 110 * (117 * 2 + 1483))
    assert checked(known, None, found, aim, Check(200)).simulation.replicates == 110
    monkeypatch.setattr(self_check, "NUMBERS", 50 * (117 * 2 + 1483))
    none = checked(known, None, found, aim, Check(200))
    assert none.simulation is None
    assert [w.code for w in none.warnings] == ["simulation_not_possible"]


def test_a_design_that_is_no_one_study_says_so():
    two = assumed_basis(Assumed(("a", "b"), np.ones(1), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]])))
    found = answer(two, Costs(5.0, (0.2, 0.005)), Question(Objective("budget", 1000.0)))
    checked_ = checked(two, None, found, Aim(), Check(100))
    assert checked_.simulation is None
    assert "different models" in checked_.warnings[-1].message


def test_draws_are_averaged_in_the_simulation_too():
    known = basis("single", 0.6)
    draws = Draws((0.5,), 5)
    found = answer(known, Costs(4.0, (0.001,)), Question(Objective("budget", 400.0), aim=Aim(0.2), draws=draws))
    assert found.design.draws_per_persona == 5
    agrees(checked(known, draws, found, Aim(0.2), Check(60)).simulation)


def test_a_pilots_design_is_checked_by_the_pilots_own_covariance():
    resolved = resolve(simulate(2, (60, 60), 400, quality=0.8).sample(), Plan())
    wish = Wish(Objective("budget", 1500.0), aim=Aim(0.3), draws=DrawsAsked(0.9, 1))
    found = study_design(resolved, StudyCosts(4.0, 0.02), wish)
    simulation = checked_study(resolved, found, wish, Check(60, 2)).simulation
    assert [c.name for c in simulation.contrasts] == ["treatment - control"]
    assert simulation.contrasts[0].standard_error == pytest.approx(found.design.standard_error, rel=1e-9)
    agrees(simulation)
    tost = replace(wish, objective=Objective("equivalence", 0.4), aim=Aim(0.0))
    assert checked_study(resolved, found, tost, Check(10)).simulation.level == 0.9
