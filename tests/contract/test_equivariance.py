"""What must change an answer in a known way: shift and reversal of the outcome, sign of the contrast, more units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator as registered
from tests.calibration.studies import Study, as_moments
from tests.contract import cases, moves
from tests.contract.cases import MODELS, PAIRS, SEEDS, examples
from tests.contract.laws import LAWS, Law, holds
from tests.contract.moves import Move
from tests.contract.term_studies import doubled

CLOSE = {"rel": 1e-9, "abs": 1e-9}


def where(law: Law):
    """The pairs that a law says something of."""
    return [p for p in PAIRS if holds(law, p.values[1])]


def check(study: Study, plan, move: Move, **close) -> None:
    """Every estimate of the moved study is the moved estimate, and the p-value that of the null value moved alike."""
    here = cases.answer(study, plan)
    levels = {move.becomes(e)[1] for e in here.estimates}
    null = levels.pop() if len(levels) == 1 else 0.0
    there = cases.answer(move.study, replace(move.plan, null_value=null))
    for now, before in cases.beside(there, here):
        for found, was in ((now.result, before.result), (now.human_only, before.human_only)):
            a, b = move.becomes(before)
            got, expected = moves.moved(found, 1.0, 0.0, move.unit), moves.moved(was, a, b, move.unit)
            if b != null:
                got[3] = expected[3] = None
            assert [x is None for x in got] == [x is None for x in expected]
            assert [x or 0.0 for x in got] == pytest.approx([x or 0.0 for x in expected], **close)


@pytest.mark.parametrize(("estimator", "estimand"), where("shift"))
@examples(data=st.data(), seed=SEEDS, shift=st.sampled_from([-(2**20), -1000, -0.5, 3, 7.25, 2**20]))
def test_shift_of_the_outcome(estimator: str, estimand: str, data, seed: int, shift: float) -> None:
    """On a binary grid, where shifting is exact; the largest shifts dwarf the spread of the outcome."""
    kind = data.draw(cases.kinds(estimand))
    study = cases.study(kind, seed).with_y(lambda y: np.round(y * 2**20) / 2**20)
    study = moves.with_predictions(study, lambda f: np.round(f * 2**20) / 2**20)
    plan = cases.plan(kind, estimator, estimand)
    check(study, plan, moves.shift(study, plan, shift), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(("estimator", "estimand"), where("scale"))
@examples(data=st.data(), seed=SEEDS, by=st.sampled_from([1e-3, 0.25, 3.0, 1e6]))
def test_scale_of_the_outcome(estimator: str, estimand: str, data, seed: int, by: float) -> None:
    """Not of two answers inside [0, 1]: the default interval reads them as shares."""
    kind = data.draw(cases.kinds(estimand, without="binary"))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    check(study, plan, moves.scale(study, plan, by), **CLOSE)


@pytest.mark.parametrize(("estimator", "estimand"), where("reverse"))
@examples(data=st.data(), seed=SEEDS)
def test_reverse_coding(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    check(study, plan, moves.reverse(study, plan), **CLOSE)


@pytest.mark.parametrize(("estimator", "estimand"), where("terms"))
@examples(data=st.data(), seed=SEEDS)
def test_scale_of_a_term(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    check(study, plan, moves.terms(study, plan), **CLOSE)


@pytest.mark.parametrize(("estimator", "estimand"), where("relabel"))
@examples(data=st.data(), seed=SEEDS)
def test_categories_exchange_their_estimates_with_their_names(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    other, called = moves.relabelled(study)
    there = {(e.name, e.component): e for e in cases.answer(other, plan).estimates}
    for here in cases.answer(study, plan).estimates:
        category, *term = here.component.split(":")
        twin = there[here.name, ":".join([called.get(category, category), *term])]
        assert cases.numbers(twin.result) == pytest.approx(cases.numbers(here.result), **CLOSE)


@pytest.mark.parametrize(("estimator", "estimand"), where("sign_of_contrast"))
@examples(data=st.data(), seed=SEEDS)
def test_sign_of_the_contrast(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand, arms=2))
    study = cases.study(kind, seed)
    forward, backward = cases.negated(cases.plan(kind, estimator, estimand), study.arms)
    for there, here in cases.beside(cases.answer(study, backward), cases.answer(study, forward)):
        assert cases.numbers(there.result) == pytest.approx(cases.opposite(here.result), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("estimator", "estimand"), where("swapped_control"))
@examples(data=st.data(), seed=SEEDS)
def test_swapped_control(estimator: str, estimand: str, data, seed: int) -> None:
    """The first two arms compared the other way round: a contrast, a statistic's, or the coefficient of an arm."""
    kind = data.draw(cases.kinds(estimand, arms=2))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    first, second = study.arms[:2]
    pairs = [f"{second} - {first}", f"{first} - {second}"]
    if estimand in MODELS and estimand != "plug_in":
        pairs = [f"arm={second}", f"arm={first}"]
    ours, theirs = (
        [e for e in cases.answer(study, replace(plan, control=arm)).estimates if pair in (e.name, e.component)]
        for arm, pair in zip((first, second), pairs, strict=True)
    )
    assert len(ours) == len(theirs) > 0
    for there, here in zip(theirs, ours, strict=True):
        assert cases.numbers(there.result) == pytest.approx(cases.opposite(here.result), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("estimator", "estimand"), [p for p in where("twice") if LAWS[p.values[0]].duplication])
@examples(data=st.data(), seed=SEEDS)
def test_every_unit_twice(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    twice = cases.answer(doubled(study), plan)
    for there, here in cases.beside(twice, cases.answer(study, plan)):
        assert there.result.estimate == pytest.approx(here.result.estimate, **CLOSE)
        assert there.result.standard_error < here.result.standard_error
        assert there.human_sample_size == 2 * here.human_sample_size


@pytest.mark.parametrize(
    ("estimator", "estimand"), [p for p in where("moments") if LAWS[p.values[0]].moments != "never"]
)
@examples(data=st.data(), seed=SEEDS)
def test_moments_against_rows(estimator: str, estimand: str, data, seed: int) -> None:
    """Estimates are those of the rows; the variance of an arm on its own slope is the homoskedastic one."""
    few = LAWS[estimator].moments == "few_columns"
    kind = data.draw(cases.kinds(estimand, without="covariates" if few else "\0"))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    rows = cases.answer(study, plan)
    without = calibrate(as_moments(study.sample()), plan)
    for there, here in cases.beside(without, rows):
        assert there.result.estimate == pytest.approx(here.result.estimate, **CLOSE)
        assert cases.numbers(there.human_only) == pytest.approx(cases.numbers(here.human_only), **CLOSE)
        assert there.verdict == here.verdict
    contrast = np.eye(len(study.y))[0]
    frames = [Frame(s, rows.applied.identification) for s in (study.sample(), as_moments(study.sample()))]
    by_rows, by_moments = (registered(estimator).fit(frame, contrast) for frame in frames)
    assert by_moments.fixed == by_rows.fixed
    for d, fixed in enumerate(by_rows.fixed):
        expected = by_rows.variance[d]
        if not fixed:
            fit = frames[0].screened.fits[d]
            gap = by_rows.pools[frames[0].sample.pool_of(d)].mean - fit.mean_c
            reach = gap @ (fit.loading @ fit.loading.T) @ gap
            expected = fit.rss / (fit.n - fit.rank - 1) * (1.0 / fit.n + reach)
        assert by_moments.variance[d] == pytest.approx(expected, **CLOSE)
