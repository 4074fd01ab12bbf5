"""Imputed covariates: predict-then-debias by hand, what perfect predictions are worth, and attenuation undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from tests.calibration import models
from tests.coverage import imputed as simulation

ONE = Model(("x",))


def answered(data: Table, estimand: str, model: Model = ONE, **plan):
    statistic = "spearman" if estimand == "plug_in" else None
    asked = Plan(estimand=estimand, statistic=statistic, model=model, estimator="regression", **plan)
    return calibrate(from_table(data, "error", Reading(None, model)), asked)


def study(case: str, seed: int = 1, n: int = 60) -> Table:
    return simulation.study(case, n, np.random.default_rng(seed))[0]


def numbers(answer) -> list[float]:
    results = [e.result for e in answer.estimates]
    return [v for r in results for v in (r.estimate, r.standard_error, r.df, r.interval.lower, r.interval.upper)]


def test_a_correlation_is_debiased_as_by_hand() -> None:
    data, n = study("both"), 60
    said_y, said_x = (p.values for p in data.predictions)
    y, x = data.outcomes[0][1][:n], data.covariates[0][1][:n]

    def influence(a, b):
        u, v = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
        r = float(np.mean(u * v))
        return r, u * v - r * (u * u + v * v) / 2.0

    (r, phi), (r_h, phi_f) = influence(y, x), influence(said_y[:n], said_x[:n])
    slope = float(phi @ phi_f / (phi_f @ phi_f))
    expected = r + slope * (influence(said_y, said_x)[0] - r_h)
    found = answered(data, "correlation").estimates[0]
    assert found.result.estimate == pytest.approx(expected, rel=1e-6)
    assert found.human_only.estimate == pytest.approx(r, rel=1e-12)
    assert found.llm_only.estimate == pytest.approx(influence(said_y, said_x)[0], rel=0.05)


def test_coefficients_are_debiased_as_by_hand() -> None:
    data, n = study("x only"), 60
    y, said_x = data.outcomes[0][1], data.predictions[0].values
    x = data.covariates[0][1][:n]

    def line(a, b):
        design = np.stack((np.ones_like(b), b))
        theta = np.linalg.solve(design @ design.T, design @ a)
        return theta, a.size * np.linalg.inv(design @ design.T) @ design * (a - theta @ design)

    (theta, phi), (gamma_h, phi_f) = line(y[:n], x), line(y[:n], said_x[:n])
    gamma = line(y, said_x)[0]
    found = answered(data, "linear").estimates
    for j in (0, 1):
        slope = float(phi[j] @ phi_f[j] / (phi_f[j] @ phi_f[j]))
        assert found[j].result.estimate == pytest.approx(theta[j] + slope * (gamma[j] - gamma_h[j]), rel=1e-6)
    assert found[1].variance_ratio < 0.7


@pytest.mark.parametrize("estimand", ["correlation", "plug_in", "linear", "logistic", "poisson"])
@pytest.mark.parametrize("survey", ["none", "weight", "cluster", "sampling_probability"])
def test_an_llm_that_knows_the_covariate_is_as_good_as_observing_it(estimand, survey) -> None:
    kind = estimand if estimand in ("logistic", "poisson") else "linear"
    column = {
        "weight": np.tile([1.0, 3.0], 180),
        "cluster": np.arange(360.0) // 2,
        "sampling_probability": np.full(360, 0.4),
    }
    of = Survey(**({} if survey == "none" else {survey: column[survey]}))
    seen = replace(models.table(kind, survey=of), covariates=models.table(kind).covariates[:1])
    x = seen.covariates[0][1]
    told = replace(
        seen,
        predictions=(*seen.predictions, PredictionColumn(x, covariate="x")),
        covariates=(("x", np.where(np.isnan(seen.outcomes[0][1]), np.nan, x)),),
    )
    assert numbers(answered(told, estimand)) == pytest.approx(numbers(answered(seen, estimand)), rel=1e-9)


@pytest.mark.parametrize("order", [("x", "d"), ("d", "x")])
def test_terms_that_are_known_stay_as_they_are(order) -> None:
    """One of two terms imputed: by hand, the known one in every fit."""
    data, n = models.table(), 60
    x, d, _ = (values for _, values in data.covariates)
    said_x = x + np.cos(9.0 * x)
    told = replace(
        data,
        predictions=(*data.predictions, PredictionColumn(said_x, covariate="x")),
        covariates=(("x", np.where(np.arange(x.size) < n, x, np.nan)), ("d", d)),
    )

    def plane(a, b, c):
        design = np.stack((np.ones_like(a), b, c))
        theta = np.linalg.solve(design @ design.T, design @ a)
        return theta, a.size * np.linalg.inv(design @ design.T) @ design * (a - theta @ design)

    y, f = data.outcomes[0][1], data.predictions[0].values
    (theta, phi), (gamma_h, phi_f) = plane(y[:n], x[:n], d[:n]), plane(f[:n], said_x[:n], d[:n])
    gamma = plane(f, said_x, d)[0]
    found = {e.component: e.result.estimate for e in answered(told, "linear", Model(order)).estimates}
    for j, name in enumerate(("intercept", "x", "d")):
        slope = float(phi[j] @ phi_f[j] / (phi_f[j] @ phi_f[j]))
        assert found[name] == pytest.approx(theta[j] + slope * (gamma[j] - gamma_h[j]), rel=1e-6)


def test_twins_are_imputed_too() -> None:
    seen, model = models.twins(), Model(("x",), treatment=True)
    x = seen.covariates[0][1]
    told = replace(
        seen,
        predictions=(*seen.predictions, PredictionColumn(x, covariate="x")),
        covariates=(("x", np.where(np.arange(x.size) < 80, x, np.nan)),),
    )
    plan = {"identification": "exchangeability"}
    assert numbers(answered(told, "linear", model, **plan)) == pytest.approx(
        numbers(answered(seen, "linear", model, **plan)), rel=1e-9
    )


def test_an_llm_without_a_prediction_of_its_own_has_the_others() -> None:
    data = study("one of two")
    said_x = data.predictions[2].values
    more = replace(data, predictions=(*data.predictions, PredictionColumn(said_x, "small", covariate="x")))
    assert numbers(answered(data, "correlation")) == pytest.approx(numbers(answered(more, "correlation")), rel=1e-12)
    apart = replace(data, predictions=(*data.predictions, PredictionColumn(said_x**3, "small", covariate="x")))
    assert numbers(answered(apart, "linear")) != pytest.approx(numbers(answered(data, "linear")), rel=1e-3)
    (alone, lent), (own, other) = (
        [m.llm_only.estimate for m in answered(d, "linear").estimates[1].models] for d in (data, apart)
    )
    assert own == pytest.approx(alone, rel=1e-12)
    assert other != pytest.approx(lent, rel=1e-2)


def test_an_outcome_that_is_known_of_everyone_is_its_own_prediction() -> None:
    data = study("x only")
    y = data.outcomes[0][1]
    human = np.array(data.human)
    sent = replace(
        data,
        outcomes=(("y", np.where(human, y, np.nan)),),
        predictions=(PredictionColumn(y, "gpt"), *data.predictions),
    )
    found = answered(data, "correlation")
    assert numbers(found) == pytest.approx(numbers(answered(sent, "correlation")), rel=1e-12)
    assert [w.code for w in found.warnings] == []
    assert [m.name for m in found.estimates[0].models] == ["gpt"]


@pytest.mark.unwatched
@pytest.mark.parametrize("name", ["correlation", "spearman", "linear"])
def test_imputed_values_as_if_observed_are_attenuated_and_these_are_not(name) -> None:
    covered, bias, sd = simulation.cell(name, "x only", 100, 60)
    error = sd / np.sqrt(60.0)
    assert abs(bias[0]) < 3.0 * error[0]
    assert bias[2] < -0.06
    assert covered[0] > 0.85
    assert covered[2] < 0.3
    assert sd[0] < 0.85 * sd[1]


def test_what_an_llm_did_not_say_of_a_covariate_is_filled_and_marked() -> None:
    data = study("both")
    said = data.predictions[1].values.copy()
    said[::7] = np.nan
    sent = replace(data, predictions=(data.predictions[0], replace(data.predictions[1], values=said)))
    answer = answered(sent, "correlation")
    assert [(w.code, w.pointer) for w in answer.warnings] == [("missing_llm_answers", "/data/predictions/1/values")]
    filled = np.where(np.isnan(said), 0.25, said)
    full = replace(sent, predictions=(data.predictions[0], replace(data.predictions[1], values=filled)))
    stated = replace(sent, predictions=(data.predictions[0], replace(data.predictions[1], values=said, fill=0.25)))
    ours, without_mark = (answered(d, "correlation").estimates[0] for d in (stated, full))
    assert ours.llm_only.estimate == pytest.approx(without_mark.llm_only.estimate, rel=1e-9)


def test_the_pool_is_tested_on_what_the_llm_says_not_on_what_only_humans_gave() -> None:
    data = study("both", n=100)
    n, said = 100, data.predictions[1].values
    everywhere = replace(data.predictions[1], values=said + 3.0)
    elsewhere = replace(data.predictions[1], values=np.where(np.arange(said.size) < n, said, said + 3.0))
    claims = [
        answered(replace(data, predictions=(data.predictions[0], column)), "linear").claim
        for column in (everywhere, elsewhere)
    ]
    assert claims == ["confirmatory", "exploratory"]


def test_predictions_that_tell_nothing_apart_are_pointed_to() -> None:
    data = study("both")
    flat = replace(data.predictions[1], values=np.full(660, 2.0))
    with pytest.raises(CalibrationError) as refused:
        answered(replace(data, predictions=(data.predictions[0], flat)), "linear")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/predictions/1/values", "collinear_terms")]
    found = answered(replace(data, predictions=(data.predictions[0], flat)), "correlation").estimates[0]
    assert found.result.estimate == pytest.approx(found.human_only.estimate, rel=1e-12)


def test_what_does_not_go_with_imputed_covariates_is_refused() -> None:
    data = study("both")
    for estimand, more, place in (
        ("multinomial", {}, "/data/predictions/1/covariate"),
        ("linear", {"compat": True}, "/plan/compat"),
    ):
        with pytest.raises(CalibrationError) as refused:
            answered(data, estimand, **more)
        assert (place, "unsupported_combination") in {(p.pointer, p.code) for p in refused.value.problems}


@pytest.mark.parametrize("interval", ["bootstrap", "bootstrap_t"])
def test_resampled_fits_are_at_what_the_llm_says(interval) -> None:
    data = models.table(n=40)
    x, human = data.covariates[0][1], ~np.isnan(data.outcomes[0][1])
    told = replace(
        data,
        predictions=(*data.predictions, PredictionColumn(x + 0.5 * np.cos(9.0 * x), covariate="x")),
        covariates=(("x", np.where(human, x, np.nan)),),
    )
    drawn, straight = (answered(told, "linear", interval=name).estimates[1].result for name in (interval, "t"))
    widths = [r.interval.upper - r.interval.lower for r in (drawn, straight)]
    assert drawn.estimate == pytest.approx(straight.estimate, rel=1e-12)
    assert 0.75 < widths[0] / widths[1] < 1.25
