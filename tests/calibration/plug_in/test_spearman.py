"""Spearman's rho: scipy's, its influence by derivatives with ties and weights, what it is indifferent to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.plug_in import spearman
from tests.calibration import plug_ins


def fitted(x, y, weight):
    return spearman.STATISTIC.fitter(y[None], plug_ins.design(None, x, n=y.size), weight)


def by_pairs(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Pearson's r of weighted midranks, from all pairs."""
    w = weight / weight.sum()
    u, v = ((np.sign(z[:, None] - z) + 1.0) / 2.0 @ w for z in (x, y))
    cov = np.cov(u, v, aweights=w, ddof=0)
    return float(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]))


@pytest.mark.parametrize("digits", [0, 8], ids=["ties", "no ties"])
def test_it_is_scipys_and_its_influence_a_derivative(digits) -> None:
    rng = np.random.default_rng(1)
    x = np.round(2.0 * rng.normal(size=30), digits)
    y, weight = np.round(0.7 * x + rng.normal(size=30), digits), rng.uniform(0.5, 2.0, 30)
    assert fitted(x, y, np.ones(30)).theta[0] == pytest.approx(stats.spearmanr(x, y)[0], rel=1e-12)
    fit = fitted(x, y, weight)
    assert fit.theta[0] == pytest.approx(by_pairs(x, y, weight), rel=1e-12)
    assert float(fit.influence[0] @ weight) == pytest.approx(0.0, abs=1e-9)
    for i in (0, 7, 21):
        moved = plug_ins.derivative(lambda w: by_pairs(x, y, w), weight, i)
        assert moved == pytest.approx(fit.influence[0, i], rel=1e-5, abs=1e-7)


def test_monotone_maps_of_outcome_and_llm_change_nothing_a_fall_of_the_covariate_the_sign() -> None:
    data = plug_ins.table(2)
    first = plug_ins.answered(data, "spearman", estimator="regression").estimates[0].result
    bent = replace(
        data,
        outcomes=(("y", np.exp(data.outcomes[0][1] / 3.0)),),
        predictions=(PredictionColumn(data.predictions[0].values ** 3, "gpt"),),
        covariates=(("x", -np.exp(data.covariates[0][1])),),
    )
    other = plug_ins.answered(bent, "spearman", estimator="regression").estimates[0].result
    assert other.estimate == pytest.approx(-first.estimate, rel=1e-9)
    assert other.standard_error == pytest.approx(first.standard_error, rel=1e-9)
    assert (other.interval.lower, other.interval.upper) == pytest.approx(
        (-first.interval.upper, -first.interval.lower), rel=1e-9
    )


def test_every_arm_has_its_own() -> None:
    data = plug_ins.table(3, arms=True, shared=True)
    found = plug_ins.answered(data, "spearman").estimates
    assert [e.name for e in found] == list(plug_ins.ARMS)
    for arm, estimate in enumerate(found):
        y, x, _ = plug_ins.humans(data, arm)
        assert estimate.human_only.estimate == pytest.approx(stats.spearmanr(x, y)[0], rel=1e-12)
        assert estimate.human_only.df <= y.size - 2


def test_a_constant_column_is_not_defined() -> None:
    x = np.random.default_rng(4).normal(size=10)
    fit = fitted(x, np.full(10, 2.0), np.ones(10))
    assert (fit.theta[0], fit.converged, float(np.abs(fit.influence).max())) == (0.0, False, 0.0)
