from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.estimands import estimand
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.linearised import linearised
from service.calibration.plan import Model
from tests.calibration import plug_ins
from tests.calibration.models import TERMS, answered, sample, table, twins

KINDS = ("linear", "logistic", "poisson")


def parts(data, kind="linear", model=TERMS, identification="exchangeability"):
    return linearised(sample(data, model), model, identification, estimand(kind).statistic)


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_is_the_mean_of_its_outcomes_and_its_llm_that_of_its_columns(kind):
    data = table(kind)
    for part in parts(data, kind):
        human, only = part.human[0], part.llm_only[0]
        fitted = answered(data, kind, estimator="human_only").estimates
        mine = next(e for e in fitted if e.component == part.component)
        assert human.y.mean() == pytest.approx(mine.result.estimate, rel=1e-10)
        whole = np.concatenate((human.c[0], only.c[0]))
        everyone = replace(data, outcomes=(("y", data.predictions[0].values),), predictions=())
        said = next(
            e for e in answered(everyone, kind, estimator="human_only").estimates if e.component == part.component
        )
        assert part.columns[0].origin + whole.mean() == pytest.approx(said.result.estimate, rel=1e-9)


def test_an_llm_that_is_right_about_everybody_gives_the_fit_to_everybody():
    data = table(n=40, m=200)
    rng = np.random.default_rng(5)
    x, d = (dict(data.covariates)[name] for name in ("x", "d"))
    y = 0.3 + 0.5 * x - 0.2 * d + rng.normal(size=240)
    right = replace(
        data, outcomes=(("y", np.where(np.arange(240) < 40, y, np.nan)),), predictions=(PredictionColumn(y),)
    )
    design = np.stack((np.ones(240), x, d))
    whole = np.linalg.lstsq(design.T, y, rcond=None)[0]
    model = Model(("x", "d"))
    found = answered(replace(right, covariates=data.covariates[:2]), "linear", model, estimator="regression")
    assert [e.result.estimate for e in found.estimates] == pytest.approx(whole, rel=1e-10)


def test_an_affine_change_of_the_llm_changes_no_linear_answer():
    data = table(n=30, m=90)
    other = replace(data, predictions=(PredictionColumn(7.0 - 3.0 * data.predictions[0].values),))
    for one, two in zip(
        answered(data, "linear", estimator="regression").estimates,
        answered(other, "linear", estimator="regression").estimates,
        strict=True,
    ):
        assert two.result.estimate == pytest.approx(one.result.estimate, rel=1e-9)
        assert two.result.standard_error == pytest.approx(one.result.standard_error, rel=1e-9)
        assert two.result.df == pytest.approx(one.result.df, rel=1e-9)


def test_the_intercept_alone_is_the_mean():
    data = replace(table(n=25, m=70), covariates=())
    whole = answered(data, "linear", Model(), estimator="regression").estimates[0].result
    mean = answered(data, "mean", None, estimator="regression").estimates[0].result
    assert whole.estimate == pytest.approx(mean.estimate, rel=1e-10)
    assert whole.standard_error == pytest.approx(mean.standard_error, rel=2e-2)


def test_two_arms_alone_are_the_difference_of_means_of_human_only():
    data = twins()
    data = replace(data, covariates=())
    model = Model(treatment=True)
    effect = answered(data, "linear", model, estimator="human_only").estimates[1].result
    welch = answered(data, "mean_difference", None, estimator="human_only").estimates[0].result
    assert effect.estimate == pytest.approx(welch.estimate, rel=1e-10)
    assert effect.standard_error == pytest.approx(welch.standard_error, rel=1e-10)


@pytest.mark.parametrize("identification", ["randomization", "exchangeability"])
def test_twins_stand_in_the_pool_under_every_arm(identification):
    data, model = twins(), Model(("x",), treatment=True)
    for part in parts(data, model=model, identification=identification):
        members = 280 if identification == "exchangeability" else 80
        assert part.llm_only[0].n == members
        assert part.pool_given
        assert part.clustered
        assert part.llm_only[0].cluster[:80].tolist() == part.human[0].cluster.tolist()
    effect = answered(data, "linear", model, estimator="regression", identification=identification).estimates[2]
    alone = answered(data, "linear", model, estimator="human_only").estimates[2]
    assert effect.result.standard_error < 0.8 * alone.result.standard_error


def test_equal_weights_are_no_weights():
    equal = table("logistic", survey=Survey(weight=np.full(360, 2.5)))
    for estimator, error in (("human_only", 1e-9), ("regression", 3e-2)):  # the joint form's pool term is not debiased
        plain, ones = (answered(data, "logistic", estimator=estimator) for data in (table("logistic"), equal))
        for one, two in zip(plain.estimates, ones.estimates, strict=True):
            assert two.result.estimate == pytest.approx(one.result.estimate, rel=1e-9)
            assert two.result.standard_error == pytest.approx(one.result.standard_error, rel=error)


def test_units_twice_in_a_cluster_count_once():
    once = table(n=40, m=120)
    rows = np.concatenate((np.arange(40), np.arange(40), np.arange(40, 160), np.arange(40, 160)))
    twice = replace(
        once,
        outcomes=(("y", once.outcomes[0][1][rows]),),
        predictions=(PredictionColumn(once.predictions[0].values[rows]),),
        covariates=tuple((name, values[rows]) for name, values in once.covariates),
        survey=Survey(cluster=rows.astype(float)),
    )
    for one, two in zip(
        answered(once, "linear", estimator="human_only").estimates,
        answered(twice, "linear", estimator="human_only").estimates,
        strict=True,
    ):
        assert two.result.estimate == pytest.approx(one.result.estimate, rel=1e-9)
        assert two.result.standard_error == pytest.approx(one.result.standard_error, rel=1e-9)


def test_all_columns_of_a_model_serve_with_cross():
    wide = parts(table(), model=replace(TERMS, cross=True))
    assert [len(part.columns) for part in wide] == [3 + 1] * 3
    assert [len(part.columns) for part in parts(table())] == [1 + 1] * 3


@pytest.mark.parametrize("estimator", ["regression", "ppi", "power_tuned"])
def test_with_cross_a_model_predicts_every_coefficient_by_its_own_column_only(estimator):
    crossed = answered(table(), "linear", replace(TERMS, cross=True), estimator=estimator).estimates
    alone = answered(table(), "linear", estimator=estimator).estimates
    assert len({e.llm_only.estimate for e in alone}) == 3
    assert [e.llm_only for e in crossed] == [e.llm_only for e in alone]
    assert [e.models[0].llm_only for e in crossed] == [e.models[0].llm_only for e in alone]
    if estimator != "regression":
        assert [e.result.estimate for e in crossed] == pytest.approx([e.result.estimate for e in alone], rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("logistic", {"outcomes": 2.0}, "outside_range"),
        ("logistic", {"predictions": 2.0}, "outside_range"),
        ("poisson", {"predictions": -1.0}, "outside_range"),
    ],
)
def test_answers_a_statistic_is_not_defined_for_are_refused_where_they_stand(kind, change, code):
    data = table(kind)
    if "outcomes" in change:
        y = data.outcomes[0][1].copy()
        y[3] = change["outcomes"]
        data = replace(data, outcomes=(("y", y),))
    else:
        f = data.predictions[0].values.copy()
        f[3] = change["predictions"]
        data = replace(data, predictions=(PredictionColumn(f),))
    with pytest.raises(CalibrationError) as refused:
        answered(data, kind)
    assert [p.code for p in refused.value.problems] == [code]


def test_a_term_that_one_human_carries_is_refused():
    data = table(n=30)
    d = np.zeros(330)
    d[[4, 100, 200]] = 1.0
    data = replace(data, covariates=(data.covariates[0], ("d", d), data.covariates[2]))
    with pytest.raises(CalibrationError) as refused:
        answered(data, "linear")
    assert [p.code for p in refused.value.problems] == ["isolated_term"]


def test_as_many_terms_as_humans_are_refused():
    data = table(n=4, m=40)
    with pytest.raises(CalibrationError) as refused:
        answered(replace(data, covariates=data.covariates[:1] + data.covariates[2:]), "linear", Model(("x", "z")))
    assert [p.code for p in refused.value.problems] == ["too_many_terms"]


def test_an_llm_whose_answers_to_the_humans_are_told_apart_is_judged_by_its_fit_to_the_pool():
    """Among 20 humans the LLM says 1 exactly where x > 0: its own fit to them has no maximum, that to all has."""
    data = table("logistic", n=20, m=400, seed=2)
    x = dict(data.covariates)["x"]
    f = np.where(np.arange(420) < 20, x > 0.0, data.predictions[0].values > 0.5).astype(float)
    data = replace(data, predictions=(PredictionColumn(f),), covariates=data.covariates[:1])
    model = Model(("x",))
    whole = replace(data, outcomes=(("y", f),), predictions=())
    said = answered(whole, "logistic", model, estimator="human_only").estimates
    for part, own in zip(parts(data, "logistic", model), said, strict=True):
        human, only = part.human[0], part.llm_only[0]
        whole_mean = part.columns[0].origin + np.concatenate((human.c[0], only.c[0])).mean()
        assert whole_mean == pytest.approx(own.result.estimate, rel=1e-9)
        assert np.isfinite(human.corrected).all()
        # as a deviation from its own mean, before the leverage correction
        assert np.corrcoef(human.corrected[1], human.c[0])[0, 1] > 0.99
    found = answered(data, "logistic", model, estimator="regression").estimates
    assert all(np.isfinite(e.result.standard_error) and e.result.standard_error > 0.0 for e in found)


@pytest.mark.parametrize("kind", KINDS)
def test_an_llm_that_says_the_same_of_everybody_has_no_influence(kind):
    data = table(kind)
    data = replace(data, predictions=(PredictionColumn(np.full(360, 0.3)),), covariates=data.covariates[:2])
    for part in parts(data, kind):
        human, only = part.human[0], part.llm_only[0]
        level = human.c[0, 0]
        assert np.concatenate((human.c[0], only.c[0])) == pytest.approx(np.full(360, level), abs=1e-12)
        assert human.corrected[1] == pytest.approx(np.zeros(60), abs=1e-12)


@pytest.mark.parametrize(("statistic", "terms"), [("variance", ()), ("standard_deviation", ()), ("spearman", ("x",))])
def test_a_statistic_that_no_answer_moves_is_refused(statistic, terms):
    """The variance of as many ones as noughts, a rank correlation of 1: their intervals had no width."""
    data = plug_ins.table(3, covariates=bool(terms))
    human = ~np.isnan(data.outcomes[0][1])
    y = data.covariates[0][1] if terms else np.arange(human.size) % 2.0
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(replace(data, outcomes=(("y", np.where(human, y, np.nan)),)), statistic)
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/outcomes/y", "no_variation")]
