from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from service.calibration.designs import allocation
from service.calibration.designs.allocation import allocate, feasible_prices, quick_variance, variances
from service.calibration.designs.constraints import Constraints, in_arm, limits_of
from service.calibration.designs.groups import Costs, Group, groups_on_offer, information_table, unit_costs
from service.calibration.designs.interior_point import InformationTable, Limits
from service.calibration.designs.joint import Basis, Column, Joint, columns_shown, floored
from service.calibration.errors import NotIdentified, TooExpensive
from tests.calibration.designs.cases import TABLE, Case, one, sigma_a, three_twins, twins


def named(group: Group, joint: Joint) -> str:
    arm = "" if group.arm is None else joint.arms[group.arm]
    words = ["H" + arm if group.human else arm, *(joint.models[k] for k in group.models)]
    return " ".join(word for word in words if word)


def solved(basis: Basis, costs: Costs, budget: float, constraints: Constraints | None = None):
    groups = groups_on_offer(basis.joint, costs)
    table = information_table(basis.joint, groups, basis.contrasts)
    limits = limits_of(groups, constraints or Constraints(), basis.joint.n_arms, budget)
    return groups, table, limits, allocate(table, limits)


def first_principles(basis: Basis, groups: tuple[Group, ...], counts: np.ndarray) -> tuple[float, np.ndarray]:
    """Variance of a single contrast and its gradient, from inverses of covariance blocks, without the engine."""
    joint, D = basis.joint, basis.joint.n_arms
    information, blocks = np.zeros_like(joint.covariance), []
    for group, n in zip(groups, counts, strict=True):
        arm = group.arm or 0
        seen = [arm] if group.human else []
        for j, column in enumerate(joint.columns):
            own = joint.prediction_design == "shared" or column.arm in (None, arm)
            seen += [D + j] if own and column.model in group.models else []
        block = np.zeros_like(information)
        block[np.ix_(seen, seen)] = np.linalg.inv(joint.covariance[np.ix_(seen, seen)])
        information += n * block
        blocks.append(block)
    seen = np.diag(information) > 1e-9 * np.diag(information).max()
    t = np.zeros(len(information))
    t[:D] = basis.contrasts[0]
    x = np.zeros_like(t)
    x[seen] = np.linalg.solve(information[np.ix_(seen, seen)], t[seen])
    return float(t @ x), -np.array([x @ block @ x for block in blocks])


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_table_of_allocations(case: Case):
    groups, _, limits, found = solved(case.basis, case.costs, case.budget, case.constraints)
    assert abs(found.variance - case.variance) <= case.half_digit
    assert found.optimality_gap < 1e-9
    assert np.all(limits.rows @ found.counts <= limits.bounds + 1e-9 * np.abs(limits.bounds))
    counts = {named(group, case.basis.joint): n for group, n in zip(groups, found.counts, strict=True)}
    for name, wanted in case.counts.items():
        printed = 5.1e-3 if round(wanted, 2) == wanted else 1e-3
        assert counts[name] == pytest.approx(wanted, abs=printed)
    if case.counts:
        assert sum(n for name, n in counts.items() if name not in case.counts) < 1e-3


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_variance_and_certificate_from_first_principles(case: Case):
    groups, _, limits, found = solved(case.basis, case.costs, case.budget, case.constraints)
    variance, gradient = first_principles(case.basis, groups, found.counts)
    assert variance == pytest.approx(found.variance, rel=1e-10)
    if not case.counts or case.name == "O4":  # models that are not bought leave their part of the gradient open
        return
    best = linprog(gradient, A_ub=limits.rows, b_ub=limits.bounds)
    assert best.fun - gradient @ found.counts > -1e-8 * variance


def test_gap_is_a_bound_by_the_linear_programme():
    basis, costs = one(0.75), Costs(1.0, (0.05,))
    groups, table, limits, found = solved(basis, costs, 200)
    tilted = found.counts * np.array([1.0, 1.02, 1.0])
    tilted *= 200 / (unit_costs(groups) @ tilted)
    variance, gradient = first_principles(basis, groups, tilted)
    best = linprog(gradient, A_ub=limits.rows, b_ub=limits.bounds)
    pulled = -gradient
    prices = feasible_prices(limits, pulled, np.zeros(1), limits.rows[0] == 0)
    assert 2 * variance - limits.bounds @ prices == pytest.approx(variance + best.fun - gradient @ tilted, rel=1e-9)
    assert variances(table, tilted)[0] == pytest.approx(variance, rel=1e-12)
    assert 2 * variance - limits.bounds @ prices < found.variance


def test_same_contrast_twice_changes_nothing_and_worst_is_optimised():
    basis = twins(sigma_a(), 1)
    once = solved(basis, Costs(5.0, (0.02,)), 2000)[3]
    twice = solved(Basis(basis.joint, np.vstack([basis.contrasts, -basis.contrasts])), Costs(5.0, (0.02,)), 2000)[3]
    assert twice.variance == pytest.approx(once.variance, rel=1e-10)
    several = Basis(basis.joint, np.array([[1.0, -1.0], [1.5, 0.0], [0.0, 1.0]]))
    _, table, _, worst = solved(several, Costs(5.0, (0.02,)), 2000)
    assert worst.variance == pytest.approx(variances(table, worst.counts).max(), rel=1e-12)
    assert worst.optimality_gap < 1e-9
    for contrast in several.contrasts:
        alone = solved(Basis(basis.joint, contrast[None, :]), Costs(5.0, (0.02,)), 2000)[3]
        assert alone.variance <= worst.variance * (1 + 1e-10)
        assert variances(table, alone.counts).max() >= worst.variance * (1 - 1e-10)


def test_perfectly_correlated_columns():
    covariance = np.array([[1.0, 0.6, 0.6], [0.6, 1.0, 1.0], [0.6, 1.0, 1.0]])
    joint, moved = floored(Joint((), ("a", "b"), (Column(0), Column(1)), covariance, "single"))
    assert moved
    both = solved(Basis(joint, np.ones((1, 1))), Costs(5.0, (0.2, 0.1)), 1000)[3]
    cheap = solved(one(0.6), Costs(5.0, (0.1,)), 1000)[3]
    assert both.optimality_gap < 1e-9
    assert both.variance == pytest.approx(cheap.variance, rel=1e-4)
    exact, _ = floored(one(1.0).joint)
    perfect = solved(Basis(exact, np.ones((1, 1))), Costs(1.0, (0.1,)), 1000)[3]
    assert perfect.variance == pytest.approx(0.1 / 1000, rel=1e-3)


def test_free_predictions_stop_at_their_cap():
    basis = twins(sigma_a(), 1)
    groups, _, _, found = solved(basis, Costs(5.0, (0.0,)), 2000, Constraints(max_llm_only=1000.0))
    counts = {named(group, basis.joint): n for group, n in zip(groups, found.counts, strict=True)}
    assert counts["m1"] == pytest.approx(1000, rel=1e-6)
    assert found.optimality_gap < 1e-9


@pytest.mark.parametrize("exponent", range(-15, 0))
def test_an_almost_free_model_takes_no_more_steps(exponent):
    """The closed form B V = (sqrt(1 - rho^2) + rho sqrt(gamma))^2 c_h at every price, in as many steps as elsewhere."""
    price = 10.0**exponent
    found = solved(one(0.6), Costs(5.0, (price,)), 1000)[3]
    assert found.variance == pytest.approx((0.8 + 0.6 * np.sqrt(price / 5)) ** 2 * 5 / 1000, rel=1e-10)
    assert found.steps < 40


@pytest.mark.unwatched
@pytest.mark.parametrize("price", [1e-300, 1e-70, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3, 0.1, 10.0, 1e5, 1e10])
@pytest.mark.parametrize("limits", [Constraints(), Constraints(20.0), Constraints(20.0, 300.0, 1e5)])
def test_prices_that_differ_by_orders_of_magnitude_are_certified_in_few_steps(price, limits):
    for basis, models in ((one(0.6), 1), (twins(sigma_a(), 1), 1), (twins(three_twins(), 3), 3)):
        found = solved(basis, Costs(5.0, (price, 0.2, 0.01)[:models]), 1000, limits)[3]
        assert found.optimality_gap < 1e-11
        assert found.steps < 90


def test_limits_that_meet_exactly():
    basis, costs = twins(sigma_a(), 1), Costs(5.0, (0.02,))
    pinned = solved(basis, costs, 2000, Constraints(150.0, max_human=300.0))[3]
    spent = solved(basis, costs, 2000, Constraints(200.0))[3]
    assert pinned.optimality_gap < 1e-6
    assert spent.variance == pytest.approx(2 / 200, rel=1e-4)


def test_a_contrast_that_nobody_sees_is_refused():
    table = InformationTable(np.array([[1.0, 0.0]]), np.array([0]), np.array([[0.0], [1.0]]))
    with pytest.raises(NotIdentified, match="say nothing") as refused:
        allocate(table, Limits(np.ones((1, 1)), np.ones(1), np.full(1, 0.5)))
    assert refused.value.problems[0].code == "singular_design"
    assert np.isinf(variances(table, [1.0])[0])


def test_too_large_a_problem_is_refused(monkeypatch):
    monkeypatch.setattr(allocation, "WORK_LIMIT", 10.0)
    with pytest.raises(TooExpensive, match="operations a step"):
        solved(one(0.5), Costs(1.0, (0.01,)), 1000)


def test_support_that_cannot_be_resolved_keeps_the_full_solution():
    basis, costs = one(0.75), Costs(1.0, (0.05,))
    _, table, limits, found = solved(basis, costs, 200)
    used = np.array([1, 2])
    tight = allocation._resolved_on(used, table, Limits(limits.rows, limits.bounds * 0.5, limits.interior), found)
    assert tight is found
    unseen = InformationTable(table.factors, table.starts, table.contrasts)
    assert allocation._resolved_on(np.array([2]), unseen, limits, found) is found
    full = allocation._solved(table, limits)
    assert allocation._resolved_on(np.array([0]), table, limits, full) is full


def random_joint(draw_seed: int, arms: int, models: int, design: str) -> Joint:
    rng = np.random.default_rng(draw_seed)
    arm_of = (None,) if arms == 1 else tuple(range(arms))
    columns = tuple(Column(k, d) for k in range(models) for d in arm_of)
    root = rng.normal(size=(arms + len(columns), arms + len(columns) + 2))
    names = tuple("abc"[:arms]) if arms > 1 else ()
    return Joint(names, tuple("xyz"[:models]), columns, root @ root.T, design if arms > 1 else "single")  # type: ignore[arg-type]


@pytest.mark.unwatched
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.integers(0, 10**6),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["shared", "independent"]),
    st.floats(-5, 0),
    st.floats(1.5, 4),
)
def test_laws_of_the_optimum(seed, arms, models, design, price, budget):
    joint = random_joint(seed, arms, models, design)
    contrast = np.random.default_rng(seed + 1).normal(size=(1, arms))
    costs = Costs(1.0, tuple(10.0**price * (k + 1) for k in range(models)))
    basis, money = Basis(joint, contrast), 10.0**budget
    groups, table, limits, found = solved(basis, costs, money)
    twice = solved(basis, costs, 2 * money)[3]
    humans = float(np.abs(contrast[0]) @ np.sqrt(joint.outcome_variance)) ** 2 / money
    assert found.optimality_gap < 1e-9
    assert unit_costs(groups) @ found.counts <= money * (1 + 1e-12)
    assert found.variance <= humans * (1 + 1e-10)
    assert 2 * twice.variance == pytest.approx(found.variance, rel=1e-10)
    assert quick_variance(table, limits) == pytest.approx(found.variance, rel=1e-8)
    capped = solved(basis, costs, money, Constraints(money / 10 / arms))[3]
    assert capped.variance >= found.variance * (1 - 1e-9)
    assert columns_shown(joint.columns, joint.prediction_design, 0)


def test_a_near_problem_that_leads_nowhere_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that ends far from the optimum when it starts near another problem is followed again from the start."""
    case = TABLE[0]
    _, table, limits, _ = solved(case.basis, case.costs, case.budget, case.constraints)
    near = allocation.waypoint(table, limits)
    follow, tried = allocation.follow_path, []

    def stuck(*arguments):
        state, steps = follow(*arguments)
        tried.append(state)
        return (SimpleNamespace(duality=1.0), steps) if len(tried) == 1 else (state, steps)

    monkeypatch.setattr(allocation, "follow_path", stuck)
    found = allocation.quick_allocation(table, limits, near)
    assert len(tried) == 2
    assert found.variance == pytest.approx(allocation.quick_allocation(table, limits).variance, rel=1e-12)


@pytest.mark.parametrize("budget", [1e4, 1e7, 1e10, 1e13])
def test_minimums_far_below_the_optimum_neither_move_nor_slow_it(budget):
    """A minimum of 20 humans among thousands of millions costs no accuracy and hardly a Newton step."""
    costs = Costs(5.0, (0.2,))
    plain, found = (solved(one(0.8), costs, budget, limits)[3] for limits in (Constraints(), Constraints(20.0)))
    np.testing.assert_allclose(found.counts, plain.counts, rtol=1e-6, atol=1e-9 * budget)
    assert found.optimality_gap < 1e-10
    assert found.steps <= plain.steps + 12


@pytest.mark.parametrize("budget", [1e3, 1e6, 1e9])
def test_a_distant_minimum_that_binds_is_kept(budget):
    """Nothing is asked of the second arm, but its 20 humans are wanted; thousands of times as many would fit."""
    basis = replace(twins(sigma_a(), 1), contrasts=np.array([[1.0, 0.0]]))
    groups, _, _, found = solved(basis, Costs(5.0, (0.02,)), budget, Constraints((2.0, 20.0)))
    assert in_arm(groups, 2)[1] @ found.counts >= 20 * (1 - 1e-6)
    assert found.optimality_gap < 1e-6
