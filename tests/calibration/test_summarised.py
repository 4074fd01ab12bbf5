"""Coefficients fitted elsewhere, through to the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import fdtrc, stdtr, stdtrit
from scipy.stats import norm

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, UnsupportedCombination
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.multiplicity import adjusted
from service.calibration.plan import Costs, Model, NamedContrast, Plan
from service.calibration.psps import rectified
from service.calibration.report import paragraph
from service.calibration.summarised import calibrate_summary
from tests.calibration.fitted import fits, fitted, summary
from tests.calibration.studies import problems

OF = fitted(np.random.default_rng(3), n=120, m=1200)
FOUND = rectified(OF)


def test_every_component_calibrated_beside_the_humans_and_the_llm() -> None:
    answer = calibrate_summary(OF, Plan())
    assert [(e.name, e.outcome, e.component, e.subgroup) for e in answer.estimates] == [
        ("all", "y", f"b{j}", None) for j in range(3)
    ]
    for j, e in enumerate(answer.estimates):
        error = FOUND.variance[j] ** 0.5
        reach = stdtrit(118.0, 0.975) * error
        assert (e.result.estimate, e.result.standard_error, e.result.df) == (FOUND.estimate[j], error, 118.0)
        assert (e.result.interval.lower, e.result.interval.upper) == pytest.approx(
            (FOUND.estimate[j] - reach, FOUND.estimate[j] + reach)
        )
        assert e.result.p_value == pytest.approx(2 * stdtr(118.0, -abs(FOUND.estimate[j]) / error))
        assert (e.human_only.estimate, e.human_only.df) == (OF.theta[j], 119.0)
        assert e.human_only.standard_error == pytest.approx(OF.c11[j, j] ** 0.5)
        assert (e.llm_only.estimate, e.llm_only.claim) == (OF.gamma_llm_only[j], "exploratory")
        assert e.llm_only.standard_error == pytest.approx(OF.c33[j, j] ** 0.5)
        assert e.variance_ratio == pytest.approx(FOUND.variance[j] / OF.c11[j, j])
        assert e.effective_sample_size == pytest.approx(120 / e.variance_ratio)
        assert e.ppi_correlation == e.models[0].ppi_correlation == FOUND.r[j]
        assert (e.verdict, e.claim) == ("llm_used", "confirmatory")
    assert (answer.arms, answer.heterogeneity, answer.design) == ((), (), None)
    assert [w.code for w in answer.warnings] == ["small_summary"]
    assert (answer.applied.estimator, answer.applied.interval, answer.applied.identification) == (
        *("regression", "t"),
        "exchangeability",
    )
    assert answer.applied.estimand == "summary"


def test_linear_on_the_rows_says_the_same() -> None:
    rng = np.random.default_rng(4)
    n, m = 400, 4000
    x = np.column_stack((np.ones(n + m), rng.normal(size=(n + m, 2))))
    y = x @ [1.0, 0.5, 0.0] + rng.normal(size=n + m)
    f = 0.8 * y + 0.5 * rng.normal(size=n + m)
    theta, covariance = fits(x[:n], [y[:n], f[:n]], robust=True)
    gamma, spread = fits(x[n:], [f[n:]], robust=True)
    ours = calibrate_summary(summary(theta, gamma, covariance, spread, n), Plan(estimator="regression"))
    human = np.arange(n + m) < n
    table = Table(
        (("y", np.where(human, y, np.nan)),), (PredictionColumn(f),), covariates=(("a", x[:, 1]), ("b", x[:, 2]))
    )
    model = Model(("a", "b"))
    rows = calibrate(from_table(table, reading=Reading(model=model)), Plan("linear", "regression", model=model))
    for fitted_elsewhere, e in zip(ours.estimates, rows.estimates, strict=True):
        assert fitted_elsewhere.human_only.estimate == pytest.approx(e.human_only.estimate, rel=1e-9)
        assert fitted_elsewhere.human_only.standard_error == pytest.approx(e.human_only.standard_error, rel=1e-9)
        assert fitted_elsewhere.result.estimate == pytest.approx(e.result.estimate, abs=0.15 * e.result.standard_error)
        assert fitted_elsewhere.result.standard_error == pytest.approx(e.result.standard_error, rel=0.05)
        assert fitted_elsewhere.ppi_correlation == pytest.approx(e.ppi_correlation, rel=0.02)


def test_auto_uses_the_llm_only_where_it_helps() -> None:
    silent = replace(OF, c12=np.diag([0.0, 1.0, 1.0]) @ OF.c12 @ np.diag([0.0, 1.0, 1.0]))
    answer = calibrate_summary(silent, Plan())
    assert [e.verdict for e in answer.estimates] == ["human_only_chosen", "llm_used", "llm_used"]
    first = answer.estimates[0]
    assert first.result == first.human_only
    assert (first.variance_ratio, first.effective_sample_size, first.claim) == (1.0, 120.0, "confirmatory")
    assert answer.applied.reason.endswith("the LLM is used for 2 of 3 components")
    forced = calibrate_summary(silent, Plan(estimator="regression"))
    assert {e.verdict for e in forced.estimates} == {"llm_used"}
    assert "llm_harms" in {w.code for w in forced.warnings}
    none = calibrate_summary(replace(OF, c12=0.0 * OF.c12), Plan())
    assert none.applied.estimator == "human_only"


def test_human_only_asks_no_llm() -> None:
    answer = calibrate_summary(replace(OF, gamma_llm_only=OF.gamma_llm_only + 9.0), Plan(estimator="human_only"))
    assert all(e.result == e.human_only for e in answer.estimates)
    assert {e.verdict for e in answer.estimates} == {"human_only_requested"}
    assert (answer.claim, [w.code for w in answer.warnings]) == ("confirmatory", ["small_summary"])
    assert [a.name for a in answer.assumptions] == ["random_sampling", "summary_statistics"]


def test_the_same_units_are_no_pool() -> None:
    same = replace(OF, gamma_llm_only=OF.gamma_human, c33=OF.c22, c13=OF.c12, c23=OF.c22)
    answer = calibrate_summary(same, Plan())
    assert {e.verdict for e in answer.estimates} == {"no_pool"}
    assert {e.effective_sample_size for e in answer.estimates} == {120.0}
    assert "exchangeability_not_testable" in {w.code for w in answer.warnings}


def test_exchangeability_is_tested_on_all_gammas() -> None:
    gap = OF.gamma_llm_only - OF.gamma_human
    square = gap @ np.linalg.solve(OF.c22 + OF.c33, gap)
    tested = calibrate_summary(OF, Plan()).assumptions[-1]
    assert (tested.name, tested.status) == ("exchangeability", "not_rejected")
    assert tested.p_value == pytest.approx(fdtrc(3, 117, square * 117 / (3 * 119)))
    moved = calibrate_summary(replace(OF, gamma_llm_only=OF.gamma_llm_only + np.eye(3)[1]), Plan())
    assert moved.assumptions[-1].status == "rejected"
    assert (moved.claim, {e.claim for e in moved.estimates}) == ("exploratory", {"exploratory"})
    assert [w.code for w in moved.warnings] == ["small_summary", "exchangeability_rejected"]


@pytest.mark.parametrize(("n", "codes"), [(8, ["few_humans", "small_summary"]), (199, ["small_summary"]), (200, [])])
def test_few_humans(n: int, codes: list[str]) -> None:
    found = calibrate_summary(replace(OF, n_human=n), Plan()).warnings
    assert [w.code for w in found if w.code in ("few_humans", "small_summary")] == codes


def test_settings_of_interval_and_test() -> None:
    normal = calibrate_summary(OF, Plan(interval="normal", confidence_level=0.9)).estimates[0].result
    assert (normal.df, normal.interval.method) == (None, "normal")
    assert normal.interval.upper - normal.estimate == pytest.approx(norm.ppf(0.95) * normal.standard_error)
    one_sided = calibrate_summary(OF, Plan(alternative="greater", null_value=-5.0)).estimates[0].result
    assert (one_sided.interval.upper, one_sided.p_value < 1e-6) == (None, True)
    assert calibrate_summary(OF, Plan(alternative="equivalence", margin=2.0)).estimates[0].result.p_value < 1e-6


@pytest.mark.parametrize("method", ["holm", "hochberg", "benjamini_hochberg"])
def test_all_components_are_one_family(method: str) -> None:
    answer = calibrate_summary(OF, Plan(multiplicity=method))
    expected = adjusted([e.result.p_value for e in answer.estimates], method)
    assert [e.p_value_adjusted for e in answer.estimates] == expected


def test_simultaneous_intervals() -> None:
    plain, found = calibrate_summary(OF, Plan()), calibrate_summary(OF, Plan(multiplicity="max_t"))
    for alone, together in zip(plain.estimates, found.estimates, strict=True):
        assert together.result.interval.upper > alone.result.interval.upper
        assert together.p_value_adjusted >= alone.result.p_value
        assert together.human_only == alone.human_only
    twice = np.array([[1.0], [1.0]])
    same = summary(np.tile(OF.theta[:1], 4), OF.gamma_llm_only[[0, 0]], np.ones((4, 4)), np.ones((2, 2)), 120)
    same = replace(same, c11=twice @ twice.T, c12=0.5 * twice @ twice.T)
    width = [e.result.interval.upper - e.result.interval.lower
             for m in ("none", "max_t") for e in calibrate_summary(same, Plan(multiplicity=m)).estimates]  # fmt: skip
    assert width == pytest.approx([width[0]] * 4, rel=0.03)


def test_compare_lists_the_other_estimators() -> None:
    for e in calibrate_summary(OF, Plan(compare=True)).estimates:
        assert [(a.estimator, a.result) for a in e.alternatives] == [
            ("regression", e.result),
            ("human_only", e.human_only),
        ]
        assert [a.effective_sample_size for a in e.alternatives] == [e.effective_sample_size, 120.0]


def test_compat_changes_nothing() -> None:
    answer = calibrate_summary(OF, Plan(compat=True))
    assert [w.code for w in answer.warnings] == ["small_summary", "compat_ignored"]


def test_gammas_that_belong_to_no_component() -> None:
    two = replace(OF, theta=OF.theta[:2], components=("a", "b"), c11=OF.c11[:2, :2], c12=OF.c12[:2], c13=OF.c13[:2])
    answer = calibrate_summary(replace(two, cross=True), Plan())
    assert [(e.llm_only, e.models[0].llm_only) for e in answer.estimates] == [(None, None)] * 2
    assert answer.applied.reason.startswith("each component by all of the LLM's")


def test_what_a_summary_cannot_answer_is_refused_all_at_once() -> None:
    plan = Plan(
        estimand="mean",
        estimator="ppi",
        identification="randomization",
        control="a",
        contrasts=(NamedContrast("c", {"a": 1.0}),),
        inference_population="sample",
        interval="bootstrap",
        costs=Costs(1.0, 0.1),
        stratum_shares={"a": 1.0},
        tuning="one",
        partial_pooling=True,
        alternative="equivalence",
    )
    with pytest.raises(UnsupportedCombination) as found:
        calibrate_summary(OF, plan)
    places = [place for place, _ in problems(found.value)]
    assert places == [
        *("/plan/estimand", "/plan/estimator", "/plan/interval", "/plan/identification"),
        *("/plan/inference_population", "/plan/tuning", "/plan/control", "/plan/contrasts", "/plan/costs"),
        *("/plan/stratum_shares", "/plan/partial_pooling", "/plan/margin"),
    ]


def test_numbers_out_of_range_are_a_refusal() -> None:
    with pytest.raises(CalibrationError) as found:
        calibrate_summary(replace(OF, theta=OF.theta + 1e308, gamma_llm_only=OF.gamma_llm_only + 1e308), Plan())
    assert problems(found.value)[0][1] == "numeric_overflow"


def test_the_paragraph() -> None:
    text = paragraph(calibrate_summary(OF, Plan(multiplicity="holm")))
    assert "The estimate of coefficient b0 was " in text
    assert "from coefficients and covariances of 120 human respondents" in text
    assert "Over all 3 estimates" in text
    assert "Exchangeability was not rejected" in text
