"""statsmodels for human-only fits: coefficients, leverage, and its covariances from our influence values.

V = sum w_i^2 phi_i phi_i' / (sum w)^2 is HC0; n/(n - k), 1/(1 - h_i) and 1/(1 - h_i)^2 inside give HC1, HC2 and HC3;
sums over clusters first give the cluster covariance, times G/(G - 1) (n - 1)/(n - k) with its small-sample correction.
"""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Logit, Poisson
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS, WLS

from service.calibration.estimands import linear, logistic, poisson
from service.calibration.influence import Design, Fitted
from tests.calibration.published.studies import drawn

SEEDS = range(10)
CLOSE = {"rel": 1e-8, "abs": 1e-11}
OURS = {"linear": linear.STATISTIC, "logistic": logistic.STATISTIC, "poisson": poisson.STATISTIC}
DISCRETE = {"logistic": Logit, "poisson": Poisson}
GLMS = {"linear": families.Gaussian(), "logistic": families.Binomial(), "poisson": families.Poisson()}


def study(seed: int, family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Terms (k, n), outcome (n,), weights (n,) and clusters of uneven sizes (n,)."""
    rows, rng = drawn(seed, family, 80 + 7 * seed), np.random.default_rng(seed)
    x = rows.x * np.array([[1.0], [1.0], [250.0]])
    return x, rows.y, rng.uniform(0.3, 4.0, rows.n), rng.integers(0, 12, rows.n)


def ours(family: str, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Fitted:
    design = Design(x, ("intercept", "arm=treated", "age"), ("/plan/estimand",) * 3)
    return OURS[family].fitter(y[None], design, np.ones(len(y)) if weight is None else weight)


def covariance(fit: Fitted, kind: str = "HC0", weight: np.ndarray | None = None) -> np.ndarray:
    n, k = fit.influence.shape[1], len(fit.theta)
    share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
    spare = {"HC2": 1.0 - fit.leverage, "HC3": (1.0 - fit.leverage) ** 2}.get(kind, np.ones(n))
    part = fit.influence * share / np.sqrt(spare)
    return part @ part.T * (n / (n - k) if kind == "HC1" else 1.0)


def clustered(fit: Fitted, groups: np.ndarray, *, corrected: bool) -> np.ndarray:
    n, k = fit.influence.shape[1], len(fit.theta)
    sums = np.array([fit.influence[:, groups == g].sum(axis=1) for g in np.unique(groups)]) / n
    factor = len(sums) / (len(sums) - 1) * (n - 1) / (n - k) if corrected else 1.0
    return factor * sums.T @ sums


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_linear_is_ols_with_robust_errors(kind: str) -> None:
    for seed in SEEDS:
        x, y, _, _ = study(seed, "linear")
        fit, theirs = ours("linear", x, y), OLS(y, x.T).fit(cov_type=kind)
        assert fit.theta == pytest.approx(theirs.params, **CLOSE)
        assert covariance(fit, kind) == pytest.approx(theirs.cov_params(), **CLOSE)


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("family", OURS)
def test_clusters(family: str, corrected: bool) -> None:
    for seed in SEEDS:
        x, y, _, groups = study(seed, family)
        options = {"cov_type": "cluster", "cov_kwds": {"groups": groups, "use_correction": corrected}}
        if family == "linear":
            theirs = OLS(y, x.T).fit(**options)
        else:
            theirs = DISCRETE[family](y, x.T).fit(method="newton", maxiter=100, tol=1e-14, disp=0, **options)
        assert clustered(ours(family, x, y), groups, corrected=corrected) == pytest.approx(theirs.cov_params(), **CLOSE)


@pytest.mark.parametrize("family", DISCRETE)
def test_logistic_and_poisson_are_maximum_likelihood_with_hc0(family: str) -> None:
    for seed in SEEDS:
        x, y, _, _ = study(seed, family)
        theirs = DISCRETE[family](y, x.T).fit(method="newton", maxiter=100, tol=1e-14, disp=0, cov_type="HC0")
        fit = ours(family, x, y)
        assert fit.converged
        assert fit.theta == pytest.approx(theirs.params, **CLOSE)
        assert covariance(fit) == pytest.approx(theirs.cov_params(), **CLOSE)


@pytest.mark.parametrize("family", OURS)
def test_leverage_is_the_hat_matrix(family: str) -> None:
    for seed in SEEDS:
        x, y, _, _ = study(seed, family)
        theirs = GLM(y, x.T, family=GLMS[family]).fit(tol=1e-14).get_influence()
        assert ours(family, x, y).leverage == pytest.approx(theirs.hat_matrix_diag, **CLOSE)


@pytest.mark.parametrize("family", OURS)
def test_weights(family: str) -> None:
    """Survey weights multiply the score, not the variance: WLS and var_weights with HC0."""
    for seed in SEEDS:
        x, y, weight, _ = study(seed, family)
        if family == "linear":
            theirs = WLS(y, x.T, weights=weight).fit(cov_type="HC0")
        else:
            model = GLM(y, x.T, family=GLMS[family], var_weights=weight)
            theirs = model.fit(tol=1e-14, cov_type="HC0")
        fit = ours(family, x, y, weight)
        assert fit.theta == pytest.approx(theirs.params, **CLOSE)
        assert covariance(fit, weight=weight) == pytest.approx(theirs.cov_params(), **CLOSE)
        moved = ours(family, x, y, 50.0 * weight)
        assert moved.influence == pytest.approx(fit.influence, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("family", OURS)
def test_influence_values_are_n_scaled_and_sum_to_zero(family: str) -> None:
    """Leaving a unit out moves theta by phi_i / (n (1 - h_i)): exactly for a linear fit, nearly for the others."""
    x, y, weight, _ = study(3, family)
    fit, n = ours(family, x, y, weight), len(y)
    assert fit.influence @ weight / weight.sum() == pytest.approx(np.zeros(3), abs=1e-10)
    plain = ours(family, x, y)
    for i in (0, 17, 60):
        kept = np.arange(n) != i
        moved = plain.theta - ours(family, x[:, kept], y[kept]).theta
        expected = plain.influence[:, i] / n / (1.0 - plain.leverage[i])
        spread = np.sqrt(np.diag(covariance(plain)))
        assert moved / spread == pytest.approx(expected / spread, abs=1e-9 if family == "linear" else 0.02)
