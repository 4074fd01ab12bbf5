"""A calibrated linear coefficient written out: influence values, one regression on them, HC2 of both, the pool term."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.survey import Survey
from service.calibration.plan import Model
from tests.calibration.models import answered, table

pytestmark = pytest.mark.unwatched

HUMANS = 60


def fitted(target: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (k, 1) of a target (n,) on terms (k, n), and influence values (k, n)."""
    inverse = np.linalg.inv(x @ x.T)
    theta = inverse @ x @ target
    return theta[:, None], len(target) * inverse @ x * (target - theta @ x)


def variates(f: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The LLM's influence values: of the humans at the fit to them, of the others at the fit to all, the mean kept."""
    (own, own_phi), (whole, whole_phi) = fitted(f[:HUMANS], x[:, :HUMANS]), fitted(f, x)
    human, everyone = own + own_phi, whole + whole_phi
    shift = (everyone[:, :HUMANS] - human).sum(axis=1) / (len(f) - HUMANS)
    return human, everyone[:, HUMANS:] + shift[:, None]


def calibrated(phi: np.ndarray, c: np.ndarray, pool: np.ndarray, spare: np.ndarray) -> tuple[float, float]:
    """Correction and standard error of a coefficient; ``spare`` (n,) is what the human fit leaves of residuals."""
    n, everyone = len(phi), np.concatenate((c, pool))
    d, gap = c - c.mean(), everyone.mean() - c.mean()
    slope = d @ phi / (d @ d)
    square = (phi - slope * d) ** 2 / ((1.0 - 1.0 / n - d**2 / (d @ d)) * spare)
    of_slope = float((d / (d @ d)) ** 2 @ square)
    own = float((1.0 / n + d / (d @ d) * gap) ** 2 @ square)
    moved = max(0.0, (slope**2 - of_slope) * everyone.var(ddof=1)) / len(everyone)
    return slope * gap, float(np.sqrt(own + moved))


@pytest.mark.parametrize("seed", range(4))
def test_regression_of_a_linear_coefficient_written_out(seed: int) -> None:
    data = table(seed=seed)
    x = np.stack([np.ones(360), *(values for _, values in data.covariates)])
    theta, phi = fitted(data.outcomes[0][1][:HUMANS], x[:, :HUMANS])
    human, pool = variates(data.predictions[0].values, x)
    design = x[:, :HUMANS]
    spare = 1.0 - np.einsum("in,in->n", design, np.linalg.solve(design @ design.T, design))
    found = answered(data, "linear", Model(("x", "d", "z")), estimator="regression").estimates
    for j, block in enumerate(found):
        moved, error = calibrated(phi[j], human[j], pool[j], spare)
        assert block.result.estimate == pytest.approx(float(theta[j, 0]) + moved, rel=1e-9)
        assert block.result.standard_error == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_clusters_are_left_out_one_at_a_time(seed: int) -> None:
    """Not below the jackknife's error, and above it by less than what leaving a cluster out of a mean moves it."""
    rng, codes = np.random.default_rng(seed), np.arange(360) % 11
    weight = rng.uniform(0.3, 3.0, 360)
    survey = Survey(weight=weight, cluster=Labels(codes, tuple(f"g{g}" for g in range(11))))
    data = table(seed=seed, survey=survey)
    x = np.stack([np.ones(360), *(values for _, values in data.covariates)])[:, :HUMANS]
    y, w, codes = data.outcomes[0][1][:HUMANS], weight[:HUMANS], codes[:HUMANS]

    def theta(kept: np.ndarray) -> np.ndarray:
        part = x[:, kept] * w[kept]
        return np.linalg.solve(part @ x[:, kept].T, part @ y[kept])

    whole = theta(np.full(HUMANS, fill_value=True))
    jackknife = np.sqrt(sum((theta(codes != g) - whole) ** 2 for g in range(11)) * 10.0 / 11.0)
    found = answered(data, "linear", Model(("x", "d", "z")), estimator="human_only").estimates
    assert [e.result.estimate for e in found] == pytest.approx(whole.tolist(), rel=1e-9)
    ratio = np.array([e.result.standard_error for e in found]) / jackknife
    most = 1.0 / (1.0 - np.bincount(codes, w).max() / w.sum())
    assert np.all((ratio > 1.0 - 1e-9) & (ratio < most))
