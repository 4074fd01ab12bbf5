"""What must not change an answer: the scale of LLM columns, copies of them, the order of units and columns."""

from __future__ import annotations

import typing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.sample import Column
from tests.calibration.studies import Study
from tests.contract import cases
from tests.contract.cases import MODELS, PAIRS, SEEDS, examples
from tests.contract.laws import LAWS, OF_ESTIMANDS, Law, maps
from tests.contract.moves import with_predictions
from tests.contract.term_studies import CODED, DESIGN, TermStudy

# their standard errors of coefficients correct for the leverage of a mean beside that of the model's own fit
OWN_SLOPES = {"regression", "design_based"}
CONSTANT = 0.25  # an answer that every estimand allows, the probabilities of categories included
SCALES = st.sampled_from([-20.0, -1.0, -0.05, 0.1, 3.0, 50.0])


def with_more(study: Study, rows: np.ndarray, names: list[Column]) -> Study:
    """The study with further columns: ``rows`` picks existing ones, -1 a constant."""

    def more(c: np.ndarray) -> np.ndarray:
        return np.vstack([c, *(np.full((1, c.shape[1]), CONSTANT) if j < 0 else c[j : j + 1] for j in rows)])

    return replace(study.with_c(more), columns=(*study.columns, *names))


def renamed(column: Column, model: str) -> Column:
    return replace(column, name=f"{model} {column.arm} {column.category}", model=model)


def alone(study: Study) -> Study:
    """The study without covariates outside its model, which would adjust on their own."""
    terms = {*study.model.terms, *CODED, *DESIGN} if isinstance(study, TermStudy) else set()
    keep = [j for j, column in enumerate(study.columns) if column.kind == "prediction" or column.name in terms]
    return replace(study.with_c(lambda c: c[keep]), columns=tuple(study.columns[j] for j in keep))


def pieces(study: Study, estimand: str) -> list[list[int]]:
    """The columns that stand or fall together: each by itself, or all answers of an LLM where they have one fit."""
    if estimand not in MODELS:
        return [[j] for j in study.predictions]
    return [[j for j in study.predictions if study.columns[j].model == m] for m in study.models]


def test_every_estimator_says_which_laws_hold() -> None:
    assert set(LAWS) == {e.name for e in ESTIMATORS}
    assert all(len(laws.why) > 10 for laws in LAWS.values())


def test_every_estimand_says_why_a_law_does_not_hold() -> None:
    assert set(OF_ESTIMANDS) == {e.name for e in ESTIMANDS} == set(cases.KINDS)
    for laws in OF_ESTIMANDS.values():
        assert set(laws.without) <= set(typing.get_args(Law))
        assert all(len(why) > 10 for why in laws.without.values())


@pytest.mark.parametrize(("estimator", "estimand"), [p for p in PAIRS if maps(*p.values) is not None])
@examples(data=st.data(), seed=SEEDS, common=SCALES)
def test_maps_of_llm_answers(estimator: str, estimand: str, data, seed: int, common: float) -> None:
    """Not of odds by themselves: their own test says that they are a logistic regression's."""
    kind = data.draw(cases.kinds(estimand, without="ratios of odds"))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    scale, shift = np.ones((len(study.columns), 1)), np.zeros((len(study.columns), 1))
    flip = LAWS[estimator].maps == "common" and data.draw(st.booleans())
    for own in pieces(study, estimand):
        group = maps(estimator, estimand)
        if group == "complement":
            turned = flip if LAWS[estimator].maps == "common" else data.draw(st.booleans())
            scale[own], shift[own] = (-1.0, 1.0) if turned else (1.0, 0.0)
        elif group in ("positive", "shrinking"):
            scale[own] = data.draw(st.sampled_from([0.05, 0.5, 1.0] + [30.0] * (group == "positive")))
        else:
            shift[own] = data.draw(st.integers(-100, 100))
            scale[own] = {"any": data.draw(SCALES), "common": common, "shift": 1.0}[group]
    mapped = study.with_c(lambda c: scale * c + shift)
    cases.same(cases.answer(mapped, plan), cases.answer(study, plan), 1e-9)


@pytest.mark.parametrize("estimator", [e.name for e in ESTIMATORS if LAWS[e.name].maps != "any"])
def test_wider_maps_do_change_the_others(estimator: str) -> None:
    """The table of laws is not merely cautious: where it says a law fails, it fails."""
    kind = "binary, independent, two models"
    study, plan = cases.study(kind, 1), cases.plan(kind, estimator, "mean")
    change = {"common": [[5.0], [1.0]], "shift": [[5.0], [5.0]]}[LAWS[estimator].maps]
    mapped = cases.answer(study.with_c(lambda c: np.array(change) * c), plan)
    assert mapped.estimates[0].result.estimate != pytest.approx(cases.answer(study, plan).estimates[0].result.estimate)


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS)
def test_copies_of_llm_columns(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    every = pieces(study, estimand)
    if LAWS[estimator].copies == "any":
        every = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=3, unique_by=tuple))
    picked = [j for own in every for j in own]
    names = [renamed(study.columns[j], f"copy of {study.columns[j].model}") for j in picked]
    cases.same(cases.answer(with_more(study, picked, names), plan), cases.answer(study, plan), 1e-9)


@pytest.mark.parametrize(("estimator", "estimand"), [p for p in PAIRS if LAWS[p.values[0]].constant_model])
@examples(data=st.data(), seed=SEEDS)
def test_one_more_llm_that_always_says_the_same(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    names = [renamed(study.columns[j], "stubborn") for j in study.predictions if study.columns[j].model == "m0"]
    more = with_more(study, np.full(len(names), -1), names)
    cases.same(cases.answer(more, plan), cases.answer(study, plan), 1e-9)


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS)
def test_llms_that_always_say_the_same_leave_the_humans(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study = alone(cases.study(kind, seed))
    found = cases.answer(with_predictions(study, lambda c: CONSTANT), cases.plan(kind, estimator, estimand))
    for estimate in found.estimates:
        ours, theirs = cases.numbers(estimate.result), cases.numbers(estimate.human_only)
        if estimand in MODELS and estimator in OWN_SLOPES:
            assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
            assert theirs[1] <= ours[1] * (1.0 + 1e-12) < 1.1 * theirs[1]
            continue
        assert ours == pytest.approx(theirs, rel=1e-12)
        assert estimate.effective_sample_size == pytest.approx(estimate.human_sample_size, rel=1e-12)


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS)
def test_the_order_of_units(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan, rng = cases.study(kind, seed), cases.plan(kind, estimator, estimand), np.random.default_rng(seed)
    shuffled = study.with_rows(lambda z: z[:, rng.permutation(z.shape[1])])
    cases.same(cases.answer(shuffled, plan), cases.answer(study, plan), 1e-12)


@pytest.mark.parametrize(("estimator", "estimand"), PAIRS)
@examples(data=st.data(), seed=SEEDS)
def test_the_order_of_columns(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    order = data.draw(st.permutations(range(len(study.columns))))
    moved = replace(study.with_c(lambda c: c[list(order)]), columns=tuple(study.columns[j] for j in order))
    cases.same(cases.answer(moved, plan), cases.answer(study, plan), 1e-11)
