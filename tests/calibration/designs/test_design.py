from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.designs import market
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Joint, against_control
from service.calibration.designs.objective import Aim, Objective
from service.calibration.errors import InvalidPlan, NotIdentified, TooExpensive
from tests.calibration.designs.cases import one, population, sigma_a, twins, two_samples

TWO = Assumed(("gpt", "small"), np.array([1.0]), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]]))
TWO_COSTS = Costs(5.0, (0.2, 0.005))


def test_the_worked_answer():
    """The numbers of the wire contract's example."""
    answer = design(assumed_basis(TWO), TWO_COSTS, Objective("budget", 1000), Constraints(20.0), Aim(0.2, 0.8, 0.95))
    found = answer.design
    assert [(g.arm, g.human, g.models, g.n, g.unit_cost) for g in found.groups] == [
        (None, True, ("gpt", "small"), 175, 5.205),
        (None, False, ("small",), 1507, 0.005),
        (None, False, ("gpt", "small"), 398, 0.205),
    ]
    assert (found.n_human, found.n_llm_only, found.cost) == (175, 1905, 1000.0)
    assert found.sampling_ratio == pytest.approx(10.886, abs=5e-4)
    assert [(m.name, m.n, m.cost) for m in found.models] == [("gpt", 573, 114.6), ("small", 2080, 10.4)]
    assert [m.marginal_value for m in found.models] == pytest.approx([0.1171, 0.0186], abs=5.1e-5)
    assert [m.break_even_price for m in found.models] == pytest.approx([0.447, 0.0328], abs=5.1e-4)
    assert found.standard_error == pytest.approx(0.064456, abs=5.1e-7)
    assert found.interval_width == pytest.approx(0.252664, abs=5.1e-7)
    assert found.effective_sample_size == pytest.approx(240.7, abs=0.051)
    assert found.mde == pytest.approx(0.18058, abs=5.1e-6)
    assert found.power == pytest.approx(0.873, abs=5.1e-4)
    assert found.optimality_gap < 1e-9
    assert answer.continuous.n_human == pytest.approx(174.94, abs=5.1e-3)
    assert answer.continuous.n_llm_only == pytest.approx(1906.54, abs=5.1e-3)
    alone = answer.human_only
    assert (alone.n_human, alone.cost) == (200, 1000)
    assert alone.standard_error == pytest.approx(0.070711, abs=5.1e-7)
    assert alone.power == pytest.approx(0.807, abs=5.1e-4)
    assert answer.cost_share == pytest.approx(0.8309, abs=5.1e-5)
    assert answer.llm_pays
    assert answer.rho_min is None
    assert any(p.n_human == 175 and p.cost == 1000 for p in answer.frontier)
    assert answer.warnings == ()
    assert answer.bands is answer.robust is answer.top_up is None


def test_target_size():
    answer = design(one(0.9), Costs(1.0, (0.1,)), Objective("effective_sample_size", 3000))
    assert (answer.design.n_human, answer.design.n_llm_only, answer.design.cost) == (938, 5256, 1557.4)
    assert answer.continuous.cost == pytest.approx(1557.339, abs=5e-4)
    assert (answer.human_only.n_human, answer.human_only.cost) == (3000, 3000)
    assert answer.rho_min == pytest.approx(0.5750, abs=5.1e-5)


def test_target_standard_error_is_the_same_question():
    by_size = design(one(0.9), Costs(1.0, (0.1,)), Objective("effective_sample_size", 400))
    by_error = design(one(0.9), Costs(1.0, (0.1,)), Objective("standard_error", 0.05))
    assert by_error.design.groups == by_size.design.groups
    assert by_error.design.standard_error == by_size.design.standard_error <= 0.05
    assert by_error.continuous.cost == pytest.approx(by_size.continuous.cost, rel=1e-11)


def test_worthless_llm_gives_humans_only():
    answer = design(one(0.3), Costs(1.0, (0.25,)), Objective("budget", 100), aim=Aim(0.3))
    assert not answer.llm_pays
    assert (answer.design.n_human, answer.design.n_llm_only, answer.cost_share) == (100, 0, pytest.approx(1.0))
    assert answer.design.standard_error == answer.human_only.standard_error
    assert answer.design.power == answer.human_only.power


def test_effective_size_of_contrasts_counts_humans_at_their_best_shares():
    answer = design(two_samples(), Costs(4.0, (0.03,)), Objective("budget", 3000))
    humans_alone = 2.5**2 / answer.design.standard_error**2
    assert answer.design.effective_sample_size == pytest.approx(humans_alone, rel=1e-9)
    assert answer.cost_share == pytest.approx(6.4621296046e-3 * 750 / 2.5**2, rel=1e-8)
    assert answer.human_only.n_human == 750
    assert answer.rho_min == pytest.approx(2 * np.sqrt(0.0075) / 1.0075)


def test_twins_have_no_single_threshold_and_several_contrasts_use_the_worst():
    basis = twins(sigma_a(), 1)
    assert design(basis, Costs(5.0, (0.02,)), Objective("budget", 2000)).rho_min is None
    both = Basis(basis.joint, np.array([[1.0, -1.0], [2.0, 0.0]]))
    answer = design(both, Costs(5.0, (0.02,)), Objective("budget", 2000))
    alone = design(Basis(basis.joint, both.contrasts[:1]), Costs(5.0, (0.02,)), Objective("budget", 2000))
    assert answer.design.standard_error > alone.design.standard_error
    assert answer.design.optimality_gap < 1e-9


def test_limits_that_leave_room_for_humans_only():
    answer = design(twins(sigma_a(), 1), Costs(5.0, (0.02,)), Objective("budget", 2000), Constraints((199.5, 199.5)))
    assert answer.design.n_human == 400
    assert answer.design.cost <= 2000


def test_target_that_humans_alone_may_not_reach():
    answer = design(
        one(0.9), Costs(1.0, (0.01,)), Objective("effective_sample_size", 300), Constraints(max_human=200.0)
    )
    assert answer.human_only.n_human is None
    assert answer.design.n_human <= 200
    assert answer.design.effective_sample_size >= 300 * (1 - 1e-12)


def test_whole_numbers_may_not_exist():
    with pytest.raises(InvalidPlan) as refused:
        design(twins(sigma_a(), 1), Costs(5.0, (0.02,)), Objective("budget", 999), Constraints(99.5))
    assert [p.code for p in refused.value.problems] == ["infeasible_constraints"]


def test_targets_beyond_counting_and_targets_that_one_human_meets():
    with pytest.raises(InvalidPlan) as refused:
        design(one(0.5), Costs(1.0, (0.01,)), Objective("power"), aim=Aim(1e-9))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/objective", "target_out_of_reach")]
    easy = design(one(0.5), Costs(1.0, (0.01,)), Objective("power"), aim=Aim(1e9))
    assert (easy.design.n_human, easy.design.cost) == (1, 1.0)


@pytest.mark.unwatched
@pytest.mark.parametrize("least", [20.0, 1e6])
@pytest.mark.parametrize(
    "objective", [Objective("interval_width", 1.0), Objective("power"), Objective("standard_error", 0.3)]
)
def test_targets_that_the_least_humans_meet_are_met_by_them(least, objective):
    """Fewer humans than the minimum would do: the filler of the whole counts stays within lower limits too."""
    found = design(assumed_basis(TWO), TWO_COSTS, objective, Constraints(least), Aim(1.0, 0.8)).design
    assert (found.n_human, found.cost) == (least, least * 5)


def test_doubts_are_warnings():
    few = design(one(0.5), Costs(1.0, (0.01,)), Objective("budget", 9))
    free = design(one(0.5), Costs(1.0, (0.0,)), Objective("budget", 100))
    singular = design(
        assumed_basis(Assumed(("a",), np.ones(1), np.ones((1, 1)), np.ones((1, 1)))),
        Costs(1.0, (0.1,)),
        Objective("budget", 1000),
        Constraints(20.0),
    )
    assert [w.code for w in few.warnings] == ["few_humans"]
    assert [w.code for w in free.warnings] == ["free_llm_capped"]
    assert [w.code for w in singular.warnings] == ["singular_correlations"]
    assert free.design.n_llm_only == 1_000_000


@pytest.mark.parametrize(
    ("objective", "aim", "standard_error"),
    [
        (Objective("interval_width", 0.2), Aim(), 0.1 / 1.959963984540054),
        (Objective("power"), Aim(-0.2, 0.9), 0.2 / 3.24151498680644),  # z(.975) + z(.9), less the far tail
        (Objective("equivalence", 0.25), Aim(), 0.25 / 2.9264051924960723),  # z(.95) + z(.9)
        (Objective("equivalence", 0.25), Aim(0.1), None),
    ],
)
def test_targets_are_met_at_least_cost(objective, aim, standard_error):
    answer = design(one(0.7), Costs(1.0, (0.01,)), objective, aim=aim)
    found = answer.design
    if standard_error is not None:
        assert answer.continuous.standard_error == pytest.approx(standard_error, rel=1e-8)
    assert found.standard_error <= answer.continuous.standard_error * (1 + 1e-11)
    assert answer.continuous.cost <= found.cost < answer.continuous.cost + 1.02
    if objective.kind == "power":
        assert 0.9 <= found.power < 0.901
        assert found.mde <= 0.2
    if objective.kind == "equivalence":
        assert 0.8 <= found.power < 0.802
        assert answer.human_only.power >= 0.8


def test_bad_values_are_all_named():
    with pytest.raises(InvalidPlan) as refused:
        design(one(0.5), Costs(1.0, (0.01,)), Objective("budget", float("nan")), aim=Aim(float("inf"), 1.0, 0.0))
    assert [p.pointer for p in refused.value.problems] == [
        "/objective/budget",
        "/power",
        "/confidence_level",
        "/effect",
    ]


def many_arms(arms: int, models: int, prediction_design: str) -> Basis:
    correlation = np.full((models, models), 0.3) + 0.7 * np.eye(models)
    assumed = Assumed(
        tuple(f"m{k}" for k in range(models)),
        np.ones(arms),
        np.full((arms, models), 0.5),
        correlation,
        tuple(f"a{d}" for d in range(arms)),
        prediction_design,  # type: ignore[arg-type]
        0.5 if prediction_design == "shared" else None,
        contrasts=against_control(arms)[:1],
    )
    return assumed_basis(assumed)


def test_64_arms_with_one_contrast():
    answer = design(many_arms(64, 1, "independent"), Costs(1.0, (0.01,)), Objective("budget", 10_000))
    pair = design(many_arms(2, 1, "independent"), Costs(1.0, (0.01,)), Objective("budget", 10_000))
    assert answer.continuous.standard_error == pytest.approx(pair.continuous.standard_error, rel=1e-9)
    assert answer.warnings == ()


def test_a_large_problem_is_solved_once(monkeypatch):
    monkeypatch.setattr(market, "WORK_OF_MANY_SOLVES", 1.0)
    question = (twins(sigma_a(), 1), Costs(5.0, (0.02,)), Objective("budget", 2000))
    large, limited = design(*question), design(*question, Constraints(150.0))
    assert [w.code for w in large.warnings] == ["large_design"]
    assert large.design.models[0].break_even_price is None
    assert large.design.models[0].marginal_value > 0.4
    assert (len(large.frontier), len(limited.frontier)) == (13, 1)


def test_too_many_ways_are_refused():
    with pytest.raises(TooExpensive):
        design(many_arms(32, 5, "shared"), Costs(1.0, (0.01,) * 5), Objective("budget", 10_000))


def test_no_models_at_all():
    joint = Joint((), (), (), np.array([[4.0]]), "single")
    answer = design(Basis(joint, np.ones((1, 1))), Costs(2.0, ()), Objective("budget", 101))
    assert (answer.design.n_human, answer.design.models, answer.llm_pays) == (50, (), False)


@pytest.mark.unwatched
@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0.001, 0.3), st.floats(60, 3000))
def test_never_overspends_and_never_does_worse_than_humans(first, second, price, budget):
    correlation = np.array([[1, first, second], [first, 1, 0.8], [second, 0.8, 1]])
    if np.linalg.eigvalsh(correlation).min() < 0.05:
        correlation = np.diag(np.ones(3))
    answer = design(population(correlation), Costs(1.0, (price, price / 3)), Objective("budget", budget))
    assert answer.design.cost <= budget
    assert answer.design.effective_sample_size >= answer.human_only.n_human * (1 - 1e-12)
    assert answer.design.standard_error >= answer.continuous.standard_error * (1 - 1e-9)
    assert answer.cost_share <= 1 + 1e-9
    assert all(point.cost <= budget * 4 for point in answer.frontier)


def test_what_doubles_cannot_hold_is_refused_with_its_reason():
    tiny = assumed_basis(Assumed(("llm",), np.array([1e-300]), np.array([[0.5]]), np.ones((1, 1))))
    with pytest.raises(NotIdentified) as refused:
        design(tiny, Costs(1.0, (0.1,)), Objective("budget", 100.0))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/basis", "numeric_overflow")]
