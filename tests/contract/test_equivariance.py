"""What must change an answer in a known way: shift and reversal of the outcome, sign of the contrast, more units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator as registered
from tests.calibration.studies import as_moments
from tests.contract import cases
from tests.contract.cases import EXAMPLES, NUMERIC, PAIRS, SEEDS
from tests.contract.laws import LAWS

CLOSE = {"rel": 1e-9, "abs": 1e-9}


def moved(estimand: str, shift: float) -> float:
    """How far a mean-like estimand moves with the outcome: a mean with it, a contrast not at all."""
    return shift if estimand == "mean" else 0.0


@pytest.mark.parametrize(("estimator", "estimand"), NUMERIC)
@EXAMPLES
@given(data=st.data(), seed=SEEDS, shift=st.sampled_from([-(2**20), -1000, -0.5, 3, 7.25, 2**20]))
def test_shift_of_the_outcome(estimator: str, estimand: str, data, seed: int, shift: float) -> None:
    """On a binary grid, where shifting is exact; the largest shifts dwarf the spread of the outcome."""
    kind = data.draw(cases.kinds(estimand))
    study = cases.study(kind, seed).with_y(lambda y: np.round(y * 2**20) / 2**20)
    plan = cases.plan(kind, estimator, estimand)
    shifted = replace(plan, null_value=moved(estimand, shift))
    pairs = zip(
        cases.answer(study.with_y(lambda y: y + shift), shifted).estimates,
        cases.answer(study, plan).estimates,
        strict=True,
    )
    for there, here in pairs:
        expected = np.array(cases.numbers(here.result)) + moved(estimand, shift) * np.array([1, 0, 0, 0, 1, 1])
        assert cases.numbers(there.result) == pytest.approx(expected.tolist(), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(("estimator", "estimand"), NUMERIC)
@EXAMPLES
@given(data=st.data(), seed=SEEDS)
def test_reverse_coding(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    reverse = study.with_y(lambda y: 6.0 - y)
    if LAWS[estimator].reverse == "everything":
        sign = np.array([[-1.0 if c.kind == "prediction" else 1.0] for c in study.columns])
        reverse = reverse.with_c(lambda c: 6.0 * (sign < 0.0) + sign * c)
    asked = replace(plan, null_value=moved(estimand, 6.0))
    for there, here in zip(cases.answer(reverse, asked).estimates, cases.answer(study, plan).estimates, strict=True):
        e, se, df, p, low, high = cases.numbers(here.result)
        top = moved(estimand, 6.0)
        assert cases.numbers(there.result) == pytest.approx([top - e, se, df, p, top - high, top - low], **CLOSE)


@pytest.mark.parametrize("estimator", list(LAWS))
@EXAMPLES
@given(data=st.data(), seed=SEEDS)
def test_sign_of_the_contrast(estimator: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds("mean_difference"))
    study = cases.study(kind, seed)
    forward, backward = cases.negated(cases.plan(kind, estimator, "mean_difference"), study.arms)
    for there, here in zip(
        cases.answer(study, backward).estimates, cases.answer(study, forward).estimates, strict=True
    ):
        e, se, df, p, low, high = cases.numbers(here.result)
        assert cases.numbers(there.result) == pytest.approx([-e, se, df, p, -high, -low], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("estimator", list(LAWS))
@EXAMPLES
@given(data=st.data(), seed=SEEDS)
def test_swapped_control(estimator: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds("mean_difference"))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, "mean_difference")
    first, second = study.arms[:2]
    ours = cases.answer(study, plan).estimates[0]
    theirs = next(e for e in cases.answer(study, replace(plan, control=second)).estimates if e.name.startswith(first))
    assert (ours.name, theirs.name) == (f"{second} - {first}", f"{first} - {second}")
    e, se, df, p, low, high = cases.numbers(ours.result)
    assert cases.numbers(theirs.result) == pytest.approx([-e, se, df, p, -high, -low], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("estimator", "estimand"), [p for p in PAIRS if LAWS[p.values[0]].duplication])
@EXAMPLES
@given(data=st.data(), seed=SEEDS)
def test_every_unit_twice(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    twice = cases.answer(study.with_rows(lambda z: np.hstack([z, z])), plan)
    for there, here in zip(twice.estimates, cases.answer(study, plan).estimates, strict=True):
        assert there.result.estimate == pytest.approx(here.result.estimate, **CLOSE)
        assert there.result.standard_error < here.result.standard_error
        assert there.human_sample_size == 2 * here.human_sample_size


@pytest.mark.parametrize(("estimator", "estimand"), [p for p in NUMERIC if LAWS[p.values[0]].moments != "never"])
@EXAMPLES
@given(data=st.data(), seed=SEEDS)
def test_moments_against_rows(estimator: str, estimand: str, data, seed: int) -> None:
    """Estimates are those of the rows; the variance of an arm on its own slope is the homoskedastic one."""
    few = LAWS[estimator].moments == "few_columns"
    kind = data.draw(cases.kinds(estimand, without="covariates" if few else "\0"))
    study, plan = cases.study(kind, seed), cases.plan(kind, estimator, estimand)
    rows = cases.answer(study, plan)
    without = calibrate(as_moments(study.sample()), plan)
    for there, here in zip(without.estimates, rows.estimates, strict=True):
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
