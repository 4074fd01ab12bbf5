from __future__ import annotations

import math

import numpy as np
import pytest

from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.closed_forms import best_draws, correlation_of_mean, cost_share
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.design import Question, answer, design
from service.calibration.designs.draws import Draws, at_draws, basis_at, best_of, check_draws
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis, Column, Joint
from service.calibration.designs.objective import Objective
from service.calibration.errors import InvalidPlan
from tests.calibration.designs.cases import one, sigma_a, twins


def brute_force(rho: float, icc: float, price: float, most: int) -> int:
    """Draws of the smallest variance for 1000 human answers' money, over every whole number of humans."""
    best = []
    for k in range(1, most + 1):
        mean_variance = icc + (1 - icc) / k  # of K averaged draws, one draw having variance one
        explained = rho**2 / mean_variance
        n = np.arange(1, 1001)
        pool = np.maximum((1000 - n) / (k * price), n)  # T units, humans among them, if all get the LLM's answer
        affordable = n * 1.0 + pool * k * price <= 1000 + 1e-9
        variance = np.where(affordable, (1 - explained) / n + explained / pool, np.inf)
        best.append(min(float(variance.min()), 1 / 1000))
    return 1 + int(np.argmin(np.array(best) > min(best) * (1 + 1e-7)))


def random_case(rng: np.random.Generator) -> tuple[float, float, float]:
    icc = rng.uniform(0.05, 0.99)
    return rng.uniform(0.1, 0.98) * math.sqrt(icc), icc, 10 ** rng.uniform(-4, -0.5)


def shares(rho: float, icc: float, price: float, most: int) -> list[float]:
    return [cost_share(correlation_of_mean(rho, icc, k), k * price) for k in range(1, most + 1)]


def test_the_closed_form_is_brute_force_on_200_random_cases():
    rng = np.random.default_rng(0)
    for _ in range(200):
        rho, icc, price = random_case(rng)
        found, expected = best_draws(rho, icc, price, 12), brute_force(rho, icc, price, 12)
        by_share = shares(rho, icc, price, 12)
        # whole humans move a variance by up to 1/n^2 of itself: draws that differ less than that are as good
        assert found == expected or by_share[expected - 1] <= by_share[found - 1] * (1 + 3e-5), (rho, icc, price)


@pytest.mark.unwatched
def test_the_engine_is_the_closed_form():
    rng, several = np.random.default_rng(1), 0
    for _ in range(25):
        rho, icc, price = random_case(rng)
        found = answer(one(rho), Costs(1.0, (price,)), Question(Objective("budget", 1000.0), draws=Draws((icc,), 6)))
        expected = best_draws(rho, icc, price, 6)
        several += expected > 1
        assert found.design.draws_per_persona == expected
        assert found.cost_share == pytest.approx(shares(rho, icc, price, 6)[expected - 1], rel=1e-9)
    assert several > 5


def test_spearman_brown():
    joint = at_draws(one(0.5).joint, Draws((0.4,), 9), 5)
    rho = joint.covariance[0, 1] / math.sqrt(joint.covariance[1, 1])
    assert rho == pytest.approx(0.5 * math.sqrt(5 / (1 + 4 * 0.4)), rel=1e-12)
    assert rho == pytest.approx(correlation_of_mean(0.5, 0.4, 5), rel=1e-12)
    assert joint.columns[0].draws == 5


def test_a_pilot_that_averaged_draws_is_taken_back_to_one():
    """Its moments are of means of 4 draws; one draw has the variance that averaging had taken away."""
    single = one(0.5).joint
    averaged = at_draws(single, Draws((0.4,), 9), 4)
    pilot = Joint((), ("m1",), (Column(0, None, False, 4, 0.4),), averaged.covariance, "single")
    back = basis_at(Basis(pilot, np.ones((1, 1))), Draws((None,), 1), 1)
    assert back.joint.covariance == pytest.approx(single.covariance, rel=1e-12)
    plain, known = (
        design(Basis(j, np.ones((1, 1))), Costs(1.0, (0.01,)), Objective("budget", 500)) for j in (single, pilot)
    )
    assert known.design == plain.design


def test_columns_that_are_no_answers_stay_as_they_are():
    """A covariate, and a column that says whether the model refused."""
    columns = (Column(0, None, False, 2, 0.5), Column(0, repeats=False), Column(None))
    joint = Joint((), ("m",), columns, np.eye(4), "single")
    check_draws(joint, Draws((None,), 5))
    found = at_draws(joint, Draws((0.5,), 5), 5)
    assert np.diag(found.covariance) == pytest.approx([1, 0.6 / 0.75, 1, 1])
    assert [c.draws for c in found.columns] == [5, 1, 1]
    assert basis_at(Basis(found, np.ones((1, 1))), Draws((None,), 5), 5).joint is found


def test_covariances_between_models_stay():
    pair = assumed_basis(Assumed(("a", "b"), np.ones(1), np.array([[0.5, 0.4]]), np.array([[1, 0.3], [0.3, 1]])))
    joint = at_draws(pair.joint, Draws((0.5, 1.0), 9), 3)
    assert np.diag(joint.covariance) == pytest.approx([1, 0.5 + 0.5 / 3, 1])
    assert joint.covariance[np.triu_indices(3, 1)] == pytest.approx(pair.joint.covariance[np.triu_indices(3, 1)])


@pytest.mark.unwatched
def test_several_models_share_the_best_number_of_draws_and_pay_for_it():
    basis = twins(sigma_a(), 1)
    question = Question(Objective("budget", 2000.0), draws=Draws((0.8,), 8))
    found = answer(basis, Costs(5.0, (0.002,)), question)
    k = found.design.draws_per_persona
    each = [
        answer(basis_at(basis, Draws((0.8,), 8), m), Costs(5.0, (0.002 * m,)), Question(Objective("budget", 2000.0)))
        for m in range(1, 9)
    ]
    variances = [one.continuous.standard_error for one in each]
    assert k == 1 + int(np.argmin(variances)) > 1
    assert found.continuous.standard_error == pytest.approx(min(variances), rel=1e-9)
    model = found.design.models[0]
    assert model.n == 2 * k * sum(g.n for g in found.design.groups if g.models)
    assert model.cost == pytest.approx(model.n * 0.002, rel=1e-11)
    assert model.break_even_price == pytest.approx(each[k - 1].design.models[0].break_even_price / k, rel=1e-6)


def test_a_target_takes_the_cheapest_number_of_draws_even_where_one_cannot_reach_it():
    question = Question(Objective("standard_error", 0.05), Constraints(max_human=280.0), draws=Draws((0.3,), 5))
    found = answer(one(0.5), Costs(1.0, (0.01,)), question)
    assert found.design.draws_per_persona > 1
    assert found.design.standard_error <= 0.05
    with pytest.raises(InvalidPlan):
        answer(one(0.5), Costs(1.0, (0.01,)), Question(question.objective, question.constraints))


def test_out_of_reach_at_any_number_of_draws():
    question = Question(Objective("standard_error", 0.01), Constraints(max_human=30.0), draws=Draws((0.3,), 3))
    with pytest.raises(InvalidPlan) as refused:
        answer(one(0.5), Costs(1.0, (0.01,)), question)
    assert refused.value.problems[0].code == "target_out_of_reach"


def test_a_large_problem_weighs_powers_of_two(monkeypatch):
    from service.calibration.designs import market

    monkeypatch.setattr(market, "WORK_OF_MANY_SOLVES", 1.0)
    question = Question(Objective("budget", 1000.0), draws=Draws((0.3,), 7))
    assert answer(one(0.5), Costs(1.0, (0.0005,)), question).design.draws_per_persona == 4


def test_as_good_means_fewer():
    assert best_of((1, 2, 3), {1: 1.0, 2: 1.0 - 1e-12, 3: 0.9999}.__getitem__) == 3
    assert best_of((1, 2), {1: 1.0, 2: 1.0 - 1e-12}.__getitem__) == 1


@pytest.mark.parametrize(
    ("draws", "problems"),
    [
        (Draws((0.5,), 0), [("/draws/max", "bad_count")]),
        (Draws((1.5,), 51), [("/draws/max", "bad_count"), ("/draws/icc", "bad_correlation")]),
        (Draws((None,), 2), [("/draws/icc", "missing_icc")]),
        (Draws((0.2,), 50), [("/draws/icc", "impossible_correlations")]),
    ],
)
def test_what_cannot_be_weighed_is_refused(draws, problems):
    with pytest.raises(InvalidPlan) as refused:
        check_draws(one(0.5).joint, draws)
    assert [(p.pointer, p.code) for p in refused.value.problems] == problems


def test_a_pilots_own_icc_is_repaired_not_refused():
    column = Column(0, None, False, 2, -0.2)
    pilot = Basis(Joint((), ("m",), (column,), np.array([[1.0, 0.9], [0.9, 1.0]]), "single"), np.ones((1, 1)))
    check_draws(pilot.joint, Draws((None,), 50))
    found = basis_at(pilot, Draws((None,), 50), 50)
    assert [w.code for w in found.warnings] == ["singular_correlations"]
    assert np.linalg.eigvalsh(found.joint.covariance).min() > 0
    assert [w.code for w in basis_at(found, Draws((None,), 50), 49).warnings] == ["singular_correlations"]
