from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.answer import Assumption
from service.calibration.assumptions import (
    ReferenceTest,
    claim,
    claims,
    doubts,
    exchangeable,
    others,
    outcome_doubts,
    reference,
)
from service.calibration.assumptions import tested as reference_test
from service.calibration.calibrate import calibrate
from service.calibration.errors import Warned
from service.calibration.estimate import Frame
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from service.calibration.resolution import resolve
from service.calibration.sample import Column, Sample
from service.calibration.strata import stratified
from tests.calibration.studies import Study, as_moments, simulate

ARMS = simulate(13, (12, 12), (20, 20))
TWINS = simulate(13, (12, 12), 20, design="shared")


def having(status: str) -> Assumption:
    return Assumption("exchangeability", status, None, "")


@pytest.mark.parametrize(
    ("p_values", "pools", "expected"),
    [
        (None, {0}, "confirmatory"),
        ((0.5, 0.001), {0}, "confirmatory"),
        ((0.5, 0.001), {1}, "exploratory"),
        ((0.5, 0.001), set(), "confirmatory"),
        ((0.04, 0.9), {0}, "exploratory"),
        ((0.04, 0.9), {0, 1}, "confirmatory"),
        ((None, 0.9), {0, 1}, "exploratory"),
        ((None, 0.9), {1}, "confirmatory"),
    ],
)
def test_a_claim_is_as_good_as_the_pools_it_rests_on(p_values, pools: set[int], expected: str) -> None:
    tested = None if p_values is None else ReferenceTest(Assumption("exchangeability", "rejected", None, ""), p_values)
    assert claim(tested, pools) == expected


def test_what_the_data_cannot_test() -> None:
    assert names(ARMS.sample()) == ["random_assignment", "random_sampling", "independent_units", "no_leakage"]
    one = simulate(13, (12,), covariates=1, models=0)
    assert names(one.sample(), estimator="human_only") == ["random_sampling", "independent_units"]
    assert {a.status for a in others(resolve(ARMS.sample(), Plan()))} == {"assumed"}
    here = simulate(13, (12, 14), 9, design="shared").sample()
    asked = {"inference_population": "sample", "identification": "randomization"}
    assert names(here, **asked) == ["random_assignment", "independent_units", "no_leakage"]
    drawn = names(here, interval="randomization", identification="randomization")
    assert drawn == ["random_assignment", "constant_effect", "independent_units", "no_leakage"]


def test_shares_of_strata_are_known_where_they_are_stated() -> None:
    plain = simulate(13, (12,), 20).sample()
    sources = [replace(u, stratum=np.arange(u.n) % 2) for u in (plain.human[0], plain.llm_only[0])]
    sample = replace(plain, strata=("a", "b"), human=(sources[0],), llm_only=(sources[1],))
    own, stated = (
        next(a.statement for a in others(resolve(sample, Plan(stratum_shares=s))) if a.name == "known_stratum_shares")
        for s in (None, {"a": 0.4, "b": 0.6})
    )
    assert own.startswith("the units were drawn without regard to strata")
    assert stated == "strata are weighted by their shares of the population"


def names(sample: Sample, **plan: object) -> list[str]:
    return [a.name for a in others(resolve(sample, Plan(**plan)))]


def test_exchangeability_is_assumed_where_llm_only_units_are_used() -> None:
    assert reference(Frame(TWINS.sample(), "randomization")) is None
    assert reference(Frame(replace(ARMS, llm_only=(None, None)).sample(), "exchangeability")) is None
    assert reference(Frame(ARMS.sample(), "exchangeability")).assumption.status == "not_rejected"
    far = replace(ARMS, llm_only=tuple(c + 9.0 for c in ARMS.llm_only))
    assert reference(Frame(far.sample(), "exchangeability")).assumption.status == "rejected"
    still = ARMS.with_c(lambda c: np.full_like(c, 2.0))
    found = reference(Frame(still.sample(), "exchangeability"))
    assert (found.assumption.status, found.assumption.p_value) == ("not_testable", None)


def test_stated_means_are_tested_where_randomization_identifies() -> None:
    for mean, status in ((0.0, "not_rejected"), (50.0, "rejected")):
        columns = (replace(TWINS.columns[0], population_mean=mean), *TWINS.columns[1:])
        found = reference(Frame(replace(TWINS, columns=columns).sample(), "randomization"))
        assert (found.assumption.name, found.assumption.status) == ("known_population_means", status)


def warned(study: Study, identification: str = "exchangeability", *, asked: bool = True) -> list[tuple[str, str]]:
    frame = Frame(study.sample(), identification)
    return [(w.code, w.pointer) for w in doubts(frame, reference(frame), llm_asked=asked)]


def test_no_doubt_about_a_plain_study() -> None:
    assert warned(ARMS) == []


def test_llm_only_units_that_are_not_used() -> None:
    assert warned(TWINS, "randomization") == [("llm_only_ignored", "/data")]
    assert warned(replace(TWINS, llm_only=(None,)), "randomization") == []


def test_arms_without_a_pool_by_place() -> None:
    assert warned(replace(ARMS, llm_only=(ARMS.llm_only[0], None))) == [("no_pool", "/data/arms/1/human")]


def test_human_only_hears_nothing_of_llms() -> None:
    assert warned(replace(ARMS, llm_only=(None, None)), asked=False) == []


@pytest.mark.parametrize(
    ("column", "code", "said"),
    [
        (lambda y, f: np.full(len(y), 3.0), "constant_column", "of arm 'control'"),
        (lambda y, f: 2.0 * f, "collinear_column", "of arm 'treatment'"),
        (lambda y, f: (np.arange(len(y)) < 2).astype(float), "rare_indicator", "and was left out"),
        (lambda y, f: 1e9 * (np.arange(len(y)) == 3) + np.arange(len(y)), "isolated_unit", "a single unit"),
    ],
)
def test_columns_left_out_are_named(column, code: str, said: str) -> None:
    c = tuple(np.vstack([f, column(y, f[0])]) for y, f in zip(ARMS.y, ARMS.c, strict=True))
    llm_only = tuple(np.vstack([f, f if code == "collinear_column" else np.zeros_like(f)]) for f in ARMS.llm_only)
    columns = (*ARMS.columns, Column("x", "covariate", pointer="/data/covariates/x"))
    frame = Frame(Study(ARMS.y, c, llm_only, columns).sample(), "exchangeability")
    found = [w for w in doubts(frame, None, llm_asked=True) if w.code == code]
    assert {w.pointer for w in found} == {"/data/covariates/x"}
    assert all("'x'" in w.message for w in found)
    assert any(said in w.message for w in found)


@pytest.mark.parametrize(("ones", "rare"), [(4, True), (5, False), (8, True), (7, False)])
def test_rare_binary_outcomes(ones: int, rare: bool) -> None:
    y = (np.arange(12) < ones).astype(float)
    study = replace(ARMS, y=(y, ARMS.y[1]))
    assert (("rare_outcome", "/data/arms/0/human") in warned(study)) is rare


def test_a_third_answer_is_not_binary_and_moments_cannot_tell() -> None:
    y = np.array([0.0] * 6 + [1.0] + [2.0] * 5)
    study = replace(ARMS, y=(y, ARMS.y[1]))
    assert warned(study) == []
    binary = replace(ARMS, y=(np.minimum(y, 1.0), ARMS.y[1]))
    assert doubts(Frame(as_moments(binary.sample()), "exchangeability"), None, llm_asked=True) == []


def test_a_skewed_outcome_is_doubted_until_there_are_enough_humans() -> None:
    """Cochran's rule against scipy's skewness; a symmetric or a two-valued outcome has no such doubt."""
    rng = np.random.default_rng(3)
    latent = rng.standard_normal(20_000)
    for n, doubted in ((40, True), (20_000, False)):
        y = np.exp(0.8 * latent[:n])
        g1 = stats.skew(y)
        assert (n < 25 * g1**2 and abs(g1) > 2 * np.sqrt(6 / n)) == doubted
        assert ("skewed_outcome" in skew_codes(y)) == doubted
    assert "skewed_outcome" not in skew_codes(latent[:40])
    assert "skewed_outcome" not in skew_codes((latent[:40] > 1.0).astype(float))


def test_amounts_that_few_gave_are_doubted_in_any_order_of_rows() -> None:
    y = np.concatenate((np.zeros(90), np.random.default_rng(5).choice([5.0, 10.0, 100.0], 10)))
    for order in (y, y[::-1], np.random.default_rng(6).permutation(y)):
        assert "skewed_outcome" in skew_codes(order)


def test_codes_for_missing_among_the_humans_are_asked_about_and_no_other_skewness() -> None:
    likert = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 12)
    amounts = np.exp(0.8 * np.random.default_rng(3).standard_normal(60))
    for y, asked in ((np.append(likert, [-99.0, -99.0]), True), (amounts, False)):
        (told,) = (w for w in skew_warnings(y) if w.code == "skewed_outcome")
        assert told.message.endswith("; 2 of 62 answers are far from all others: codes for missing?") == asked


def test_strata_are_judged_by_arm_and_within() -> None:
    """Levels that differ between strata are no skewness; answers that are skewed within them are."""
    rng = np.random.default_rng(7)
    codes = np.where(np.arange(90) < 80, 0, 1)
    for y, doubted in (
        (rng.normal(size=90) + 20.0 * codes, []),
        (np.exp(1.5 * rng.normal(size=90)), ["skewed_outcome"]),
    ):
        assert strata_codes(y, codes) == doubted
    assert strata_codes((np.arange(90) % 30 == 0).astype(float), codes) == ["rare_outcome"]
    assert strata_codes((np.arange(90) % 9 == 0).astype(float), codes) == []


def strata_codes(y: np.ndarray, codes: np.ndarray) -> list[str]:
    plain = simulate(1, (y.shape[0],), (9,)).sample()
    human, only = plain.human[0], plain.llm_only[0]
    sample = replace(
        plain,
        strata=("a", "b"),
        human=(replace(human, y=y, stratum=codes),),
        llm_only=(replace(only, stratum=np.arange(9) % 2),),
    )
    return [w.code for w in outcome_doubts(stratified(sample))]


@pytest.mark.parametrize(("share", "some"), [(0.03, True), (0.5, False)])
def test_coefficients_that_few_answers_make_up_are_doubted_by_name(share: float, some: bool) -> None:
    """Cochran's rule on least squares' influence values n (X'X)^{-1} x e, against scipy's skewness."""
    rng = np.random.default_rng(4)
    x, z = rng.standard_normal(300), rng.integers(0, 2, 300) + 0.0
    y, f = (rng.random((2, 300)) < share) + 0.0
    terms = np.array([np.ones(200), x[:200], z[:200]])
    fit = np.linalg.lstsq(terms.T, y[:200])[0]
    influence = np.linalg.solve(terms @ terms.T / 200, terms * (y[:200] - fit @ terms))
    y[200:] = np.nan
    table = Table((("y", y),), (PredictionColumn(f),), covariates=(("x", x), ("z", z)))
    model = Model(("x", "z"))
    answer = calibrate(from_table(table, "error", Reading(None, model)), Plan(estimand="linear", model=model))
    doubted = [n for n, phi in zip(("intercept", "x", "z"), influence, strict=True) if 25 * stats.skew(phi) ** 2 > 200]
    text = "so few of the humans' answers make up {!r} that its interval may be too short"
    said = [(w.message, w.pointer) for w in answer.warnings if w.code == "skewed_influence"]
    assert said == [(text.format(name), "/data/outcomes/y") for name in doubted]
    assert bool(said) is some
    assert not {"skewed_outcome", "rare_outcome"} & {w.code for w in answer.warnings}


def skew_warnings(y: np.ndarray) -> list[Warned]:
    study = simulate(1, (y.shape[0],), (9,))
    frame = Frame(replace(study, y=(y,)).sample(), "exchangeability")
    return doubts(frame, None, llm_asked=True)


def skew_codes(y: np.ndarray) -> list[str]:
    return [w.code for w in skew_warnings(y)]


def test_tests_and_claims_of_many_outcomes_are_those_of_each() -> None:
    rng = np.random.default_rng(1)
    for pools in (1, 2, 3):
        p_values = [rng.uniform(size=200) ** 3 for _ in range(pools)]
        used = [rng.random(200) < 0.6 for _ in range(pools)]
        each = [reference_test(p, "exchangeability") for p in zip(*(p.tolist() for p in p_values), strict=True)]
        assert exchangeable(p_values) == each
        on = [[d for d in range(pools) if used[d][k]] for k in range(200)]
        expected = [claim(test, pools_used) for test, pools_used in zip(each, on, strict=True)]
        assert claims(p_values, used) == expected
        assert set(expected) == {"exploratory", "confirmatory"}
