"""The design that a study's own data suggest."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from service.calibration.designs.study import (
    DrawsAsked,
    Wish,
    basis_of_study,
    collected,
    design_of_study,
    icc_by_model,
    model_prices,
    study_cost,
)
from service.calibration.errors import InvalidPlan
from service.calibration.estimate import Frame
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Costs as StudyCosts

rng = np.random.default_rng(11)
PERSON = rng.normal(size=240)
DIFFERENCE = np.array([[-1.0, 1.0]])


def noisy(scale: float) -> np.ndarray:
    return PERSON + rng.normal(0, scale, PERSON.size)


F = {(model, arm): noisy(0.5 + 0.5 * k) for k, (model, arm) in enumerate([(m, a) for m in "ab" for a in "ct"])}


def twins(draws: int = 1) -> Frame:
    """90 humans in two arms, 150 LLM-only twins, models a and b asked under both conditions, a covariate."""
    y = np.where(np.arange(240) < 90, PERSON + rng.normal(0, 0.3, 240), np.nan)
    columns = [
        PredictionColumn(values + k * 0.01, model, {"c": "control", "t": "treated"}[arm], k if draws > 1 else None)
        for (model, arm), values in F.items()
        for k in range(draws)
    ]
    arm = np.where(np.arange(240) < 90, np.arange(240) % 2, -1)
    table = Table(
        (("y", y),), tuple(columns), Labels(arm, ("control", "treated")), "shared", (("age", rng.normal(40, 9, 240)),)
    )
    return Frame(from_table(table)[0], "exchangeability")


def two_arms() -> Frame:
    parts = [
        (name, PERSON[s], PERSON[s] + rng.normal(0, 0.6, 40), rng.normal(size=100))
        for name, s in (("control", slice(0, 40)), ("treated", slice(40, 80)))
    ]
    return Frame(from_arrays([ArmArrays(*p) for p in parts]), "exchangeability")


def test_twins_become_a_shared_basis_with_every_column_and_the_pools_covariance():
    frame = twins()
    basis = basis_of_study(frame, DIFFERENCE)
    joint = basis.joint
    assert (joint.arms, joint.models) == (("control", "treated"), ("a", "b"))
    assert [(c.model, c.arm) for c in joint.columns] == [(0, 0), (0, 1), (1, 0), (1, 1), (None, None)]
    pool = np.concatenate([frame.sample.human[0].c, frame.sample.human[1].c, frame.sample.llm_only[0].c], axis=1)
    assert joint.covariance[2:, 2:] == pytest.approx(np.cov(pool), rel=1e-12)


def test_independent_arms_have_columns_of_their_own_and_no_covariance_between_them():
    frame = two_arms()
    joint = basis_of_study(frame, DIFFERENCE).joint
    assert [(c.model, c.arm) for c in joint.columns] == [(0, 0), (0, 1)]
    assert joint.covariance[2, 3] == 0.0
    for d in range(2):
        pool = np.concatenate([frame.sample.human[d].c[0], frame.sample.llm_only[d].c[0]])
        assert joint.covariance[2 + d, 2 + d] == pytest.approx(pool.var(ddof=1), rel=1e-12)


def test_the_design_is_that_of_its_basis():
    frame = two_arms()
    asked = Objective("budget", 500.0)
    found = design_of_study(frame, DIFFERENCE, StudyCosts(4.0, 0.05, 0.01), Wish(asked))
    basis = basis_of_study(frame, DIFFERENCE, np.random.default_rng(0))
    assert found == design(basis, Costs(4.0, (0.05,), 0.01), asked)


def test_without_a_budget_the_study_pays_for_itself_again():
    frame = two_arms()
    spent = 80 * (4.0 + 0.05) + 200 * (0.01 + 0.05)
    assert study_cost(frame, 4.0, (0.05,), 0.01) == pytest.approx(spent)
    found = design_of_study(frame, DIFFERENCE, StudyCosts(4.0, 0.05, 0.01), Wish())
    assert 0.99 * spent < found.design.cost <= spent * (1 + 1e-12)


@pytest.mark.parametrize("draws", [1, 3])
def test_a_twin_pays_for_every_model_condition_and_draw(draws):
    answers = draws * 2 * (0.05 + 0.01)
    assert study_cost(twins(draws), 4.0, (0.05, 0.01), 0.2) == pytest.approx(90 * (4 + answers) + 150 * (0.2 + answers))


def test_llm_only_units_cost_nothing_where_they_are_not_used():
    frame = Frame(twins().sample, "randomization")
    assert study_cost(frame, 4.0, (0.05, 0.01), 0.2) == pytest.approx(90 * (4 + 0.12))


def test_prices_are_one_number_or_one_for_exactly_the_models():
    assert model_prices(("a", "b"), 0.3, "/p") == (0.3, 0.3)
    assert model_prices(("a", "b"), {"b": 0.1, "a": 0.2}, "/p") == (0.2, 0.1)
    with pytest.raises(InvalidPlan) as refused:
        model_prices(("a", "b"), {"b": 0.1, "x": 0.2}, "/plan/costs/llm")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/plan/costs/llm", "missing_price"),
        ("/plan/costs/llm", "unknown_model"),
    ]


@pytest.mark.parametrize(
    ("frame", "units"),
    [
        (twins(), [(0, True, 45), (1, True, 45), (None, False, 150)]),
        (Frame(twins().sample, "randomization"), [(0, True, 45), (1, True, 45)]),
        (two_arms(), [(0, True, 40), (1, True, 40), (0, False, 100), (1, False, 100)]),
    ],
)
def test_a_top_up_starts_from_the_units_at_hand(frame, units):
    assert [(u.arm, u.human, u.n) for u in collected(frame)] == units
    assert all(len(u.models) == len(frame.sample.models) for u in collected(frame))
    wish = Wish(Objective("budget", 300.0), top_up=True)
    found = design_of_study(frame, DIFFERENCE, StudyCosts(4.0, 0.05), wish).top_up
    assert found is not None
    assert found.standard_error < found.standard_error_before
    assert design_of_study(frame, DIFFERENCE, StudyCosts(4.0, 0.05), Wish(wish.objective)).top_up is None


def test_draws_of_a_study_by_its_own_icc_or_a_stated_one():
    frame = twins(3)
    assert all(c.draws == 3 and c.icc for c in basis_of_study(frame, DIFFERENCE).joint.columns if c.model is not None)
    prices, budget = StudyCosts(4.0, 0.0001), Objective("budget", 500.0)
    alike = design_of_study(frame, DIFFERENCE, prices, Wish(budget, draws=DrawsAsked({"a": 1.0, "b": 1.0}, 3)))
    assert alike.design.draws_per_persona == 1
    apart = design_of_study(frame, DIFFERENCE, prices, Wish(budget, draws=DrawsAsked(0.8, 3)))
    assert apart.design.draws_per_persona == 3
    assert icc_by_model(("a", "b"), 0.3) == (0.3, 0.3)
    assert icc_by_model(("a", "b"), {"b": 0.1, "a": 0.2}) == (0.2, 0.1)
    with pytest.raises(InvalidPlan) as refused:
        icc_by_model(("a", "b"), {"a": 0.2})
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/draws/icc", "unknown_model")]


def test_the_seed_draws_the_scenarios():
    frame = two_arms()
    first, again, other = (
        design_of_study(frame, DIFFERENCE, StudyCosts(4.0, 0.05), Wish(Objective("budget", 300.0), seed=seed))
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first.design == other.design
    assert first.bands != other.bands
