"""Coefficients of stratified samples: statsmodels' fits, variances within strata written out with dense matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS, WLS

from service.calibration.answer import EstimateBlock
from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from tests.calibration.models import TERMS, answered, table

NAMES = ("a", "b", "c", "d")
SHARES = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
EQUAL = dict.fromkeys(NAMES, 0.25)  # those of the sample, said to be the population's


def stratified(kind: str = "linear", *, n: int = 60, m: int = 300, seed: int = 0, cluster: int = 0) -> Table:
    codes = np.concatenate((np.arange(n) % 4, np.arange(m) % 4))
    groups = (np.arange(n + m) // (4 * cluster) * 4 + codes).astype(float) if cluster else None
    return table(kind, n=n, m=m, seed=seed, survey=Survey(stratum=Labels(codes, NAMES), cluster=groups))


def design(of: Table, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The humans' terms (n, 3), answers and strata."""
    x = np.stack((np.ones(n), of.covariates[0][1][:n], of.covariates[1][1][:n]), axis=1)
    return x, of.outcomes[0][1][:n], of.survey.stratum.codes[:n]


def fitted(kind: str, x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    family = {"logistic": families.Binomial(), "poisson": families.Poisson()}
    found = WLS(y, x, weight).fit() if kind == "linear" else GLM(y, x, family[kind], var_weights=weight).fit(tol=1e-14)
    return found.params


def human_only(of: Table, kind: str, model: Model = TERMS, **plan) -> tuple[EstimateBlock, ...]:
    return answered(of, kind, model, estimator="human_only", **plan).estimates


def centring(strata: np.ndarray) -> np.ndarray:
    """Deviations from stratum means times sqrt(n_h / (n_h - 1))."""
    same = np.equal.outer(strata, strata)
    size = same.sum(axis=1)
    return (np.eye(strata.size) - same / size[:, None]) * np.sqrt(size / (size - 1.0))[:, None]


def within(a: np.ndarray, residual: np.ndarray, maker: np.ndarray, groups: np.ndarray, strata: np.ndarray):
    """Variance and df of a'e within strata of groups: CR2 (HC2), scaled by the working model; ``maker`` is I - H."""
    sums, z = [], []
    for g in np.unique(groups):
        at = groups == g
        values, vectors = np.linalg.eigh(maker[np.ix_(at, at)])
        half = (vectors * np.where(values > 1e-10, 1.0, 0.0) / np.sqrt(np.maximum(values, 1e-10))) @ vectors.T
        sums.append(a[at] @ half @ residual[at])
        z.append(maker[:, at] @ half @ a[at])
    c = centring(np.array([strata[groups == g][0] for g in np.unique(groups)]))
    plain = np.array(z) @ np.array(z).T
    whole = c @ plain @ c.T
    share = np.trace(plain) / np.trace(whole)
    return share * float(np.sum((c @ sums) ** 2)), np.trace(whole) ** 2 / np.vdot(whole, whole)


@pytest.mark.parametrize("kind", ["linear", "logistic", "poisson"])
def test_with_the_sample_s_own_shares_the_fit_is_the_plain_one(kind: str) -> None:
    of = stratified(kind)
    x, y, _ = design(of)
    expected = fitted(kind, x, y, np.ones(60))
    assert [e.result.estimate for e in human_only(of, kind)] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("kind", ["linear", "logistic", "poisson"])
def test_with_stated_shares_the_fit_is_the_reweighted_one_not_a_step_towards_it(kind: str) -> None:
    of = stratified(kind)
    x, y, strata = design(of)
    weight = np.array(list(SHARES.values()))[strata] / 0.25
    expected = fitted(kind, x, y, weight)
    found = [e.result.estimate for e in human_only(of, kind, stratum_shares=SHARES)]
    assert found == pytest.approx(expected, rel=1e-8)
    plain = fitted(kind, x, y, np.ones(60))
    mean = {"linear": x @ plain, "logistic": 1.0 / (1.0 + np.exp(-x @ plain)), "poisson": np.exp(x @ plain)}[kind]
    slope = {"linear": np.ones(60), "logistic": mean * (1.0 - mean), "poisson": mean}[kind]
    step = plain + np.linalg.solve((x * slope[:, None]).T @ x / 60, x.T @ (weight * (y - mean)) / 60)
    assert np.abs(step - expected).max() > 0.003


@pytest.mark.parametrize("cluster", [0, 5])
def test_linear_errors_are_those_of_dense_matrices_within_strata(cluster: int) -> None:
    of = stratified(cluster=cluster)
    x, y, strata = design(of)
    inverse = np.linalg.inv(x.T @ x)
    maker = np.eye(60) - x @ inverse @ x.T
    groups = of.survey.cluster[:60] if cluster else np.arange(60)
    for row, e in zip(inverse @ x.T, human_only(of, "linear", stratum_shares=EQUAL), strict=True):
        variance, df = within(row, maker @ y, maker, groups, strata)
        most = np.unique(groups).size - (4.0 if cluster else 3.0 + 3.0)
        assert e.result.standard_error**2 == pytest.approx(variance, rel=1e-9)
        assert e.result.df == pytest.approx(min(df, most), rel=1e-9)


def test_logistic_errors_are_those_of_dense_matrices_within_strata() -> None:
    of = stratified("logistic")
    x, y, strata = design(of)
    mean = GLM(y, x, families.Binomial()).fit(tol=1e-14).fittedvalues
    root = np.sqrt(mean * (1.0 - mean))
    whitened = x * root[:, None]
    inverse = np.linalg.inv(whitened.T @ whitened)
    maker = np.eye(60) - whitened @ inverse @ whitened.T
    for row, e in zip(inverse @ whitened.T, human_only(of, "logistic", stratum_shares=EQUAL), strict=True):
        variance, _ = within(row, (y - mean) / root, maker, np.arange(60), strata)
        assert e.result.standard_error**2 == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize("stated", [EQUAL, SHARES])
def test_large_samples_have_the_linearised_variance_of_survey_sampling(stated: dict) -> None:
    """sum_h n_h/(n_h - 1) sum (z_i - zbar_h)^2 with z_i = (X'WX)^{-1} w_i x_i e_i, as R's survey package has it."""
    of = stratified(n=4000, m=400)
    x, y, strata = design(of, 4000)
    weight = np.array(list(stated.values()))[strata] / 0.25
    theta = WLS(y, x, weight).fit().params
    z = np.linalg.solve((x * weight[:, None]).T @ x, (x * (weight * (y - x @ theta))[:, None]).T)
    for row, e in zip(z, human_only(of, "linear", stratum_shares=stated), strict=True):
        expected = sum(1000 / 999 * np.sum((row[strata == h] - row[strata == h].mean()) ** 2) for h in range(4))
        assert e.result.standard_error**2 == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("stated", [EQUAL, None])
@pytest.mark.parametrize("estimator", ["human_only", "regression"])
def test_a_constant_alone_is_the_mean_of_a_stratified_sample(estimator: str, stated: dict | None) -> None:
    of = stratified(n=80)
    mine = answered(of, "linear", Model(), estimator=estimator, stratum_shares=stated).estimates[0].result
    plan = Plan(estimand="mean", estimator=estimator, stratum_shares=stated)
    theirs = calibrate(from_table(of, "error", Reading(None, None)), plan).estimates[0].result
    if estimator == "human_only":
        assert mine.estimate == pytest.approx(theirs.estimate, rel=1e-12)
        assert mine.standard_error == pytest.approx(theirs.standard_error, rel=1e-12)
        assert mine.df == pytest.approx(76.0) if stated else mine.df > 76.0
    else:
        assert mine.standard_error == pytest.approx(theirs.standard_error, rel=0.25)


def test_strata_that_explain_the_answers_shorten_intervals() -> None:
    of = stratified(seed=3)
    y = of.outcomes[0][1] + 2.0 * of.survey.stratum.codes
    told = Table((("y", y),), of.predictions, covariates=of.covariates, survey=of.survey)
    alone = Table((("y", y),), of.predictions, covariates=of.covariates)
    first, second = human_only(told, "linear")[0].result, human_only(alone, "linear")[0].result
    assert first.estimate == pytest.approx(second.estimate, rel=1e-10)
    assert first.standard_error < 0.85 * second.standard_error


def test_a_calibrated_coefficient_has_the_variance_of_its_joint_influence_within_strata() -> None:
    """One LLM, equal weights: slope within strata, residual and pool parts, centred in strata and added up."""
    of = stratified(seed=5)
    of = replace(of, covariates=of.covariates[:2])
    x, y, strata = design(of)
    f, everyone = of.predictions[0].values, of.survey.stratum.codes
    terms = np.stack((np.ones(360), of.covariates[0][1], of.covariates[1][1]), axis=1)
    inverse = np.linalg.inv(x.T @ x)
    maker = np.eye(60) - x @ inverse @ x.T
    gamma, own = OLS(f, terms).fit().params, OLS(f[:60], x).fit().params
    pool = 360 * np.linalg.solve(terms.T @ terms, (terms * (f - terms @ gamma)[:, None]).T)
    scale = 1.0 / np.sqrt(np.diag(maker))
    found = answered(of, "linear", estimator="regression", stratum_shares=EQUAL).estimates
    for j, e in enumerate(found):
        phi, phi_f = (60 * inverse[j] @ x.T * (v - x @ b) for v, b in ((y, inverse @ x.T @ y), (f[:60], own)))
        inside = phi_f - np.array([phi_f[strata == h].mean() for h in strata])
        slope = inside @ phi / (inside @ inside)
        gap = gamma[j] - own[j]
        assert e.result.estimate == pytest.approx((inverse @ x.T @ y)[j] + slope * gap, rel=1e-9)
        made = (inverse[j] @ x.T * scale)[:, None] * maker
        plain, whole = np.sum(made * made), np.sum((centring(strata) @ made) ** 2)
        residual = (phi - slope * phi_f) * scale * np.sqrt(plain / whole)
        leverage = 1.0 / 60 + inside**2 / (inside @ inside)
        r = (1.0 / 60 + inside * gap / (inside @ inside)) * residual / np.sqrt(1.0 - leverage)
        column = np.concatenate((own[j] + phi_f, gamma[j] + pool[j, 60:]))
        column[60:] += (gamma[j] - column.mean()) * 360 / 300
        part = slope * (column - column.mean()) / 360 * np.sqrt(360 / 359)
        z = np.concatenate((r, np.zeros(300))) + part
        variance = np.sum((centring(strata) @ z[:60]) ** 2) + np.sum((centring(everyone[60:]) @ z[60:]) ** 2)
        assert e.result.standard_error**2 == pytest.approx(variance, rel=1e-8)
