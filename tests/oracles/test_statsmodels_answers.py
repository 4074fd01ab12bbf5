"""Human-only coefficients as ``calibrate`` answers them: statsmodels' estimates with HC2 errors, or CR2 by cluster."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.survey import Survey
from tests.calibration.models import answered, table

CLOSE = {"rel": 1e-8}
FAMILIES = {"linear": families.Gaussian(), "logistic": families.Binomial(), "poisson": families.Poisson()}


def humans(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Design (60, 3) and outcomes (60,) of the humans of ``models.table``."""
    data = table(kind, seed=seed)
    x = np.stack([np.ones(360), *(values for name, values in data.covariates if name != "z")], axis=1)
    return x[:60], data.outcomes[0][1][:60]


@pytest.mark.parametrize("seed", range(3))
def test_linear_answers_have_the_errors_of_hc2(seed: int) -> None:
    x, y = humans("linear", seed)
    theirs = OLS(y, x).fit(cov_type="HC2")
    found = answered(table(seed=seed), "linear", estimator="human_only").estimates
    assert [e.result.estimate for e in found] == pytest.approx(theirs.params, **CLOSE)
    assert [e.result.standard_error for e in found] == pytest.approx(theirs.bse, **CLOSE)


@pytest.mark.parametrize("kind", ["logistic", "poisson"])
def test_other_answers_have_the_sandwich_with_their_hat_values(kind: str) -> None:
    x, y = humans(kind, 1)
    theirs = GLM(y, x, family=FAMILIES[kind]).fit(tol=1e-14)
    bread, hat = theirs.normalized_cov_params, theirs.get_influence().hat_matrix_diag
    score = x.T * (y - theirs.fittedvalues) / np.sqrt(1.0 - hat)
    found = answered(table(kind, seed=1), kind, estimator="human_only").estimates
    assert [e.result.estimate for e in found] == pytest.approx(theirs.params, **CLOSE)
    errors = np.sqrt(np.diag(bread @ score @ score.T @ bread))
    assert [e.result.standard_error for e in found] == pytest.approx(errors, **CLOSE)


def test_answers_by_cluster_have_the_errors_of_cr2() -> None:
    codes = np.arange(360) % 11
    names = tuple(f"g{g}" for g in range(11))
    found = answered(table(survey=Survey(cluster=Labels(codes, names))), "linear", estimator="human_only").estimates
    x, y = humans("linear", 0)
    bread = np.linalg.inv(x.T @ x)
    hat, residual = x @ bread @ x.T, y - x @ bread @ x.T @ y
    meat = np.zeros((3, 3))
    for g in range(11):
        at = np.flatnonzero(codes[:60] == g)
        values, vectors = np.linalg.eigh(np.eye(len(at)) - hat[np.ix_(at, at)])
        score = x[at].T @ (vectors / np.sqrt(values)) @ vectors.T @ residual[at]
        meat += np.outer(score, score)
    errors = np.sqrt(np.diag(bread @ meat @ bread))
    assert [e.result.standard_error for e in found] == pytest.approx(errors, **CLOSE)
