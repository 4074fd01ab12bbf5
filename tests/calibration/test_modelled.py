from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.plan import Costs, Model, NamedContrast, Plan
from tests.calibration.models import TERMS, answered, table, twins
from tests.calibration.studies import as_moments, simulate

ARMS = Model(("x",), treatment=True)


def codes(data, kind="linear", model=TERMS, **plan):
    with pytest.raises(CalibrationError) as refused:
        answered(data, kind, model, **plan)
    return {(p.pointer, p.code) for p in refused.value.problems}


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ({"interval": "score"}, "/plan/interval"),
        ({"interval": "randomization"}, "/plan/interval"),
        ({"inference_population": "sample"}, "/plan/inference_population"),
        ({"contrasts": (NamedContrast("a", {"all": 1.0}),)}, "/plan/contrasts"),
        ({"costs": Costs(1.0, 0.1)}, "/plan/costs"),
    ],
)
def test_what_goes_with_no_model_is_refused_with_what_does(plan, place):
    assert codes(table(), **plan) == {(place, "unsupported_combination")}


def test_everything_refused_is_listed_at_once():
    data = replace(table(), predictions=(PredictionColumn(table().predictions[0].values, population_mean=0.0),))
    strata = replace(data, survey=Survey(stratum=Labels(np.arange(360) % 3, ("0", "1", "2"))))
    assert {place for place, _ in codes(strata, interval="betting", compat=True)} == {
        "/plan/compat",
        "/plan/interval",
        "/data/predictions",
    }


def test_shares_need_strata():
    assert codes(table(), stratum_shares={"a": 1.0}) == {("/plan/stratum_shares", "unknown_stratum")}


@pytest.mark.parametrize("identification", ["randomization", "exchangeability"])
@pytest.mark.parametrize("shares", [None, {"0": 0.5, "1": 0.3, "2": 0.2}])
def test_strata_go_with_twins_and_several_models_and_estimators(identification, shares):
    data = replace(twins(), survey=Survey(stratum=Labels(np.arange(280) % 3, ("0", "1", "2"))))
    plan = {"identification": identification, "stratum_shares": shares}
    human = answered(data, "linear", ARMS, estimator="human_only", **plan).estimates
    for name in ("auto", "regression", "ppi", "power_tuned"):
        found = answered(data, "linear", ARMS, estimator=name, **plan)
        assert [e.human_only for e in found.estimates] == [e.result for e in human]
        assert any(e.result.standard_error < e.human_only.standard_error for e in found.estimates)
        assert ("stratum_shares_from_sample" in {w.code for w in found.warnings}) == (shares is None)
        assert "known_stratum_shares" in {a.name for a in found.assumptions}


@pytest.mark.parametrize("clustered", [False, True])
def test_weights_and_strata_leave_whole_clusters_out_within_strata(clustered):
    """Weights of one: leaving clusters out and CR2 agree when there are many; strata shorten both alike."""
    n, rng = 1200, np.random.default_rng(4)
    codes = np.arange(n + 600) % 3
    data = table(n=n, m=600)
    y = data.outcomes[0][1] + 3.0 * codes
    cluster = (np.arange(n + 600) // 6 * 3 + codes).astype(float) if clustered else None
    weight = 1.0 + 1e-7 * rng.random(n + 600)
    told = Survey(stratum=Labels(codes, ("0", "1", "2")), cluster=cluster)
    data, thirds = replace(data, outcomes=(("y", y),), survey=told), dict.fromkeys(("0", "1", "2"), 1 / 3)
    by_weight = replace(data, survey=replace(told, weight=weight))
    plain, weighted = (
        answered(d, "linear", estimator="regression", stratum_shares=thirds).estimates for d in (data, by_weight)
    )
    alone = answered(replace(data, survey=replace(told, stratum=None)), "linear", estimator="regression").estimates
    for one, other in zip(plain, weighted, strict=True):
        assert other.result.standard_error == pytest.approx(one.result.standard_error, rel=0.01)
    assert plain[0].result.standard_error < 0.9 * alone[0].result.standard_error


def test_the_control_is_the_reference_arm():
    one = answered(twins(), "linear", ARMS, estimator="human_only").estimates
    other = answered(twins(), "linear", ARMS, estimator="human_only", control="treatment").estimates
    names = {e.component for e in one} | {e.component for e in other}
    assert names >= {"arm=treatment", "arm=control"}
    first = next(e for e in one if e.component.startswith("arm=")).result
    second = next(e for e in other if e.component.startswith("arm=")).result
    assert second.estimate == pytest.approx(-first.estimate, rel=1e-9)
    assert second.standard_error == pytest.approx(first.standard_error, rel=1e-9)


def test_covariates_of_names_are_terms_by_level():
    data = table()
    group = Labels(np.arange(360) % 3, ("b", "a", "c"))
    data = replace(data, covariates=(*data.covariates, ("group", group)))
    names = [e.component for e in answered(data, "linear", Model(("x", "group"))).estimates]
    assert names == ["intercept", "x", "group=b", "group=c"]
    names = [e.component for e in answered(data, "linear", Model(("group",), baselines={"group": "c"})).estimates]
    assert names == ["intercept", "group=a", "group=b"]


@pytest.mark.parametrize(
    ("model", "place", "code"),
    [
        (Model(("nothing",)), "/plan/estimand/terms/0", "unknown_term"),
        (Model(("x", "x")), "/plan/estimand/terms/1", "duplicate_term"),
        (Model(("x",), baselines={"x": "low"}), "/plan/estimand/baselines/x", "unknown_baseline"),
    ],
)
def test_terms_that_cannot_be_are_named(model, place, code):
    assert (place, code) in codes(table(), model=model)


def test_an_arm_as_term_needs_a_second_arm():
    assert codes(table(), model=Model(treatment=True)) == {("/plan/estimand/treatment", "too_few_arms")}


def test_covariates_outside_the_model_adjust():
    rng = np.random.default_rng(2)
    data = table(n=80, m=400)
    z = rng.normal(size=480)
    y = 0.4 * data.covariates[0][1] + z + 0.3 * rng.normal(size=480)
    shown = np.where(np.arange(480) < 80, y, np.nan)
    data = replace(data, outcomes=(("y", shown),), covariates=(data.covariates[0], ("z", z)))
    model = Model(("x",))
    slope = answered(data, "linear", model, estimator="regression").estimates[1]
    alone = answered(data, "linear", model, estimator="human_only").estimates[1]
    assert slope.result.standard_error < 0.7 * alone.result.standard_error
    assert slope.result.estimate == pytest.approx(0.4, abs=4.0 * slope.result.standard_error)


def test_llm_only_units_of_another_kind_make_the_claim_exploratory():
    data = table(n=80, m=400)
    f = data.predictions[0].values.copy()
    f[80:] += 1.0
    answer = answered(replace(data, predictions=(PredictionColumn(f),)), "linear", estimator="regression")
    assert answer.claim == "exploratory"
    assert "exchangeability_rejected" in {w.code for w in answer.warnings}
    moved = dict(data.covariates)["x"].copy()
    moved[80:] += 1.5
    other = replace(data, covariates=(("x", moved), *data.covariates[1:]))
    assert answered(other, "linear", estimator="regression").claim == "exploratory"
    assert answered(data, "linear", estimator="regression").claim == "confirmatory"


def test_several_outcomes_have_their_own_coefficients():
    data = table()
    second = 2.0 * data.outcomes[0][1] + 1.0
    data = replace(
        data,
        outcomes=(*data.outcomes, ("w", second)),
        predictions=(
            PredictionColumn(data.predictions[0].values, outcome="y"),
            PredictionColumn(data.predictions[0].values, outcome="w"),
        ),
    )
    found = answered(data, "linear").estimates
    assert [(e.outcome, e.component) for e in found] == [
        (outcome, term) for outcome in ("y", "w") for term in ("intercept", "x", "d")
    ]
    assert found[4].result.estimate == pytest.approx(2.0 * found[1].result.estimate, rel=1e-9)


@pytest.mark.parametrize(("kind", "scale"), [("linear", None), ("logistic", "log_odds"), ("poisson", "log_rate")])
def test_the_scale_of_coefficients_is_said(kind, scale):
    assert answered(table(kind), kind).applied.scale == scale


def test_moments_are_refused_with_the_layouts_that_have_rows():
    moments = as_moments(simulate(1, (30,), 60).sample())
    with pytest.raises(CalibrationError) as refused:
        calibrate(moments, Plan(estimand="linear", model=Model()))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/layout", "unsupported_combination")]


def test_an_llm_that_only_knows_strata_adds_nothing_to_their_mean():
    codes = np.arange(360) % 3
    data = replace(table(), survey=Survey(stratum=Labels(codes, ("0", "1", "2"))))
    data = replace(data, covariates=(), predictions=(PredictionColumn(np.array([0.1, 0.2, -0.3])[codes]),))
    (found,) = answered(data, "linear", Model(), estimator="regression").estimates
    assert found.result.estimate == pytest.approx(found.human_only.estimate, rel=1e-12)
    assert found.result.standard_error == pytest.approx(found.human_only.standard_error, rel=0.01)


@pytest.mark.parametrize("multiplicity", ["max_t", "holm"])
def test_strata_go_with_subgroups_and_many_estimates(multiplicity):
    codes, group = np.arange(360) % 3, np.arange(360) // 3 % 2
    told = Survey(stratum=Labels(codes, ("0", "1", "2")))
    data = replace(table(), survey=told, subgroup=Labels(group, ("f", "m")))
    found = answered(data, "linear", multiplicity=multiplicity)
    assert len(found.estimates) == 9
    assert all(e.p_value_adjusted >= e.result.p_value for e in found.estimates)


@pytest.mark.parametrize("interval", ["bootstrap", "bootstrap_t"])
@pytest.mark.parametrize("kind", ["linear", "logistic", "poisson"])
def test_resampled_intervals_agree_with_their_p_values_and_come_again(kind, interval):
    data = table(kind)
    plan = {"interval": interval, "replicates": 199, "seed": 4, "estimator": "regression"}
    first, again = (answered(data, kind, **plan) for _ in range(2))
    assert first == again
    for one in first.estimates:
        low, high = one.result.interval.lower, one.result.interval.upper
        assert low < one.result.estimate < high
        assert one.result.df is None
        for null in (low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6):
            moved = answered(data, kind, **plan, null_value=null).estimates
            mine = next(e.result for e in moved if e.component == one.component)
            assert (mine.p_value < 1.0 - 0.95) == (not low <= null <= high)
    assert answered(data, kind, **(plan | {"seed": 5})) != first
    assert (first.applied.replicates, first.applied.seed) == (199, 4)


@pytest.mark.parametrize("estimator", ["auto", "ppi", "power_tuned", "human_only"])
@pytest.mark.parametrize("design", ["plain", "clusters", "weights", "probabilities"])
def test_resampled_intervals_are_about_as_wide_as_t(estimator, design):
    everyone = np.arange(720)
    survey = {
        "plain": Survey(),
        "clusters": Survey(cluster=(everyone // 2).astype(float)),
        "weights": Survey(weight=1.0 + everyone % 2),
        "probabilities": Survey(sampling_probability=np.where(everyone < 240, 0.3 + 0.1 * (everyone % 2), np.nan)),
    }[design]
    if design == "probabilities" and estimator != "auto":
        estimator = "design_based"
    data = table(n=240, m=480, survey=survey)
    t, *drawn = (
        answered(data, "linear", estimator=estimator, interval=interval).estimates
        for interval in ("t", "bootstrap", "bootstrap_t")
    )
    for found in drawn:
        for one, two in zip(t, found, strict=True):
            width = one.result.interval.upper - one.result.interval.lower
            assert two.result.interval.upper - two.result.interval.lower == pytest.approx(width, rel=0.15)
            assert two.result.standard_error == one.result.standard_error


def test_twins_are_resampled_with_their_humans():
    t, drawn = (
        answered(twins(n=200), "linear", ARMS, interval=interval, identification="exchangeability").estimates
        for interval in ("t", "bootstrap")
    )
    for one, two in zip(t, drawn, strict=True):
        width = one.result.interval.upper - one.result.interval.lower
        assert two.result.interval.upper - two.result.interval.lower == pytest.approx(width, rel=0.15)


def test_resampling_of_strata_is_refused_with_what_is_supported():
    strata = replace(table(), survey=Survey(stratum=(np.arange(360) % 3).astype(float)))
    with pytest.raises(CalibrationError) as refused:
        answered(strata, "linear", interval="bootstrap")
    assert [(p.pointer, p.hint) for p in refused.value.problems] == [("/plan/interval", "supported: auto, t, normal")]


@pytest.mark.parametrize(("kind", "hint"), [("linear", "treatment true"), ("correlation", "leave contrasts out")])
def test_contrasts_are_refused_with_what_the_estimand_has_instead(kind, hint):
    model = Model(("x",), called="with" if kind == "correlation" else "terms")
    with pytest.raises(CalibrationError) as refused:
        answered(table(), kind, model, contrasts=(NamedContrast("a", {"all": 1.0}),))
    assert [hint in p.hint for p in refused.value.problems] == [True]
