"""Correlation: numpy's, influence by derivatives, the interval on Fisher's scale, what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import atanh, tanh

import numpy as np
import pytest
from scipy import stats

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.estimands import correlation
from service.calibration.influence import Design
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan

PLAN = Plan(estimand="correlation", estimator="regression", model=Model(("age",)))


def study(seed: int, n: int = 30, m: int = 100, rho: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, noise, more = rng.standard_normal((3, n + m))
    y = rho * x + np.sqrt(1.0 - rho * rho) * noise
    return x, np.where(np.arange(n + m) < n, y, np.nan), 1.0 + 0.7 * y + 0.4 * more


def table(x, y, f, **survey) -> Table:
    covariates = (("age", x),)
    return Table((("y", y),), (PredictionColumn(f, "gpt"),), covariates=covariates, survey=Survey(**survey))


def answer(of: Table, plan: Plan = PLAN):
    return calibrate(from_table(of, "error", Reading(None, plan.model)), plan)


def fitted(x: np.ndarray, y: np.ndarray, weight: np.ndarray):
    return correlation.fit(y[None], Design(np.array([np.ones_like(x), x]), ("intercept", "age")), weight)


def test_it_is_pearsons_r_and_its_influence_a_derivative() -> None:
    rng = np.random.default_rng(1)
    x, y, weight = rng.standard_normal(40), rng.exponential(size=40), rng.uniform(0.5, 2.0, 40)
    y += x
    fit = fitted(x, y, weight)
    cov = np.cov(x, y, aweights=weight, ddof=0)
    assert fit.theta[0] == pytest.approx(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]), rel=1e-12)
    assert float(fit.influence[0] @ weight) == pytest.approx(0.0, abs=1e-10)
    for i in (0, 7, 21):
        step = 1e-6 * weight.sum() * (np.arange(40) == i)
        moved = fitted(x, y, weight + step).theta[0] - fitted(x, y, weight - step).theta[0]
        assert moved / 2e-6 == pytest.approx(fit.influence[0, i], rel=1e-6)


def test_the_leverage_is_that_of_a_regression_on_both() -> None:
    x, y, _ = study(2, n=25, m=0)
    fit = fitted(x, y, np.ones(25))
    z = np.array([np.ones(25), x, y])
    assert fit.leverage == pytest.approx(np.diag(z.T @ np.linalg.inv(z @ z.T) @ z), rel=1e-10)


def test_the_interval_is_symmetric_on_fishers_scale_and_agrees_with_the_test() -> None:
    found = answer(table(*study(3))).estimates[0]
    assert found.component is None
    for result in (found.result, found.human_only):
        low, high, middle = atanh(result.interval.lower), atanh(result.interval.upper), atanh(result.estimate)
        assert middle - low == pytest.approx(high - middle, rel=1e-9)
        error = result.standard_error / (1.0 - result.estimate**2)
        assert high - middle == pytest.approx(stats.t.ppf(0.975, result.df) * error, rel=1e-9)
        assert result.p_value == pytest.approx(2.0 * stats.t.sf(abs(middle) / error, result.df), rel=1e-8)
        at_bound = answer(table(*study(3)), Plan(**{**_fields(PLAN), "null_value": tanh(low)})).estimates[0]
        if result is found.result:
            assert at_bound.result.p_value == pytest.approx(0.05, rel=1e-6)


def _fields(plan: Plan) -> dict:
    return {name: getattr(plan, name) for name in Plan.__slots__}


def test_any_scale_and_sign_of_outcome_covariate_and_llm() -> None:
    x, y, f = study(4)
    first = answer(table(x, y, f)).estimates[0].result
    other = answer(table(5.0 - 3.0 * x, 100.0 + 7.0 * y, 2.0 - 9.0 * f)).estimates[0].result
    assert other.estimate == pytest.approx(-first.estimate, rel=1e-10)
    assert other.standard_error == pytest.approx(first.standard_error, rel=1e-9)


def test_the_llm_helps_and_doubled_units_are_one_cluster() -> None:
    x, y, f = study(5, n=60, m=600)
    found = answer(table(x, y, f)).estimates[0]
    assert found.variance_ratio is not None
    assert found.variance_ratio < 0.8
    twice = table(*(np.repeat(v, 2) for v in (x, y, f)), cluster=np.repeat(np.arange(660.0), 2))
    doubled = answer(twice).estimates[0].result
    assert doubled.estimate == pytest.approx(found.result.estimate, rel=1e-6)
    assert doubled.standard_error == pytest.approx(found.result.standard_error, rel=0.01)


def test_a_covariate_of_three_levels_is_refused() -> None:
    x, y, f = study(6)
    labels = Labels(np.arange(x.size) % 3, ("a", "b", "c"))
    with pytest.raises(CalibrationError) as refused:
        answer(Table((("y", y),), (PredictionColumn(f, "gpt"),), covariates=(("age", labels),)))
    assert [(p.code, p.pointer) for p in refused.value.problems] == [("covariate_of_levels", "/plan/estimand/with")]


def test_a_constant_column_has_correlation_zero() -> None:
    x = study(7, n=20, m=0)[0]
    fit = fitted(x, np.full(20, 3.0), np.ones(20))
    assert (fit.theta[0], float(np.abs(fit.influence).max())) == (0.0, 0.0)
    assert fitted(x, 2.0 * x, np.ones(20)).theta[0] == pytest.approx(1.0, rel=1e-12)


def test_resampled_correlations_are_those_of_the_resampled_units():
    rng = np.random.default_rng(8)
    x, y, weight = rng.normal(size=25), rng.normal(size=25), 1.0 + np.arange(25) % 3
    design = Design(np.stack((np.ones(25), x)), ("intercept", "age"))
    fitted = correlation.fit(y[None], design, weight)
    counts = rng.multinomial(25, np.full(25, 0.04), size=6).astype(float)
    found = fitted.refit.under(counts @ fitted.refit.features.T, None)
    for b, v in enumerate(counts):
        again = correlation.fit(y[None], design, weight * v)
        assert fitted.theta + found.moved[b] == pytest.approx(again.theta, rel=1e-10)
        share = weight * v / (weight @ v)
        assert v * found.contribution(0, slice(None))[b] == pytest.approx(share * again.influence[0], abs=1e-12)


def test_a_resample_of_one_answer_leaves_the_correlation_where_it_is():
    x, y, _ = study(3, m=0)
    fitted = correlation.fit(y[None], Design(np.stack((np.ones(30), x)), ("intercept", "age")), np.ones(30))
    one = np.where(np.arange(30) == 4, 30.0, 0.0)[None]
    found = fitted.refit.under(one @ fitted.refit.features.T, None)
    assert found.moved.tolist() == [[0.0]]
    assert found.contribution(0, slice(None)).tolist() == [[0.0] * 30]


@pytest.mark.parametrize("interval", ["bootstrap", "bootstrap_t"])
def test_resampled_intervals_stay_inside_of_one(interval):
    found = answer(table(*study(1, n=12, rho=0.97)), replace(PLAN, interval=interval, confidence_level=0.99))
    result = found.estimates[0].result
    assert -1.0 <= result.interval.lower < result.estimate < result.interval.upper <= 1.0


@pytest.mark.parametrize("interval", ["bootstrap", "bootstrap_t"])
def test_an_llm_that_always_says_the_same_changes_no_resampled_interval(interval):
    x, y, f = study(6)
    plan = replace(PLAN, interval=interval, estimator="regression")
    found = answer(table(x, y, np.full(f.size, 0.25)), plan).estimates[0]
    alone = answer(table(x, y, f), replace(plan, estimator="human_only")).estimates[0]
    assert (found.result.estimate, found.result.interval) == (alone.result.estimate, alone.result.interval)
