"""Correlation of the arms' distribution functions against the variance of their sum by the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.plan import Plan
from service.calibration.quantiles.dependence import dependence
from service.calibration.quantiles.distribution import way
from service.calibration.sample import Units
from service.calibration.variance import contrast_variance
from tests.calibration.quantiles.asking import resolved
from tests.calibration.quantiles.studies import SAMPLES


def alike(units: Units, by: np.ndarray) -> Units:
    """Clusters of units that answer alike, in every arm."""
    return replace(units, cluster=np.argsort(np.argsort(by)) * 25 // units.n)


def at(name: str, level: float, estimator: str = "regression", population: str = "super", **plan):
    """Both arms at the same t, where the engine's own variance of the difference knows their covariance."""
    found = resolved(SAMPLES[name], Plan(quantiles=(0.5,), estimator=estimator, **plan))
    ways = [way(found.frame, found.cells(np.eye(2)[d]), estimator, population, 0.5) for d in (0, 1)]
    return ways, [w.at(level) for w in ways]


@pytest.mark.parametrize("name", ["twins", "clustered twins"])
@pytest.mark.parametrize("plan", [{}, {"identification": "exchangeability"}])
def test_shared_predictions_give_the_correlation_behind_the_variance_of_a_difference(name: str, plan: dict) -> None:
    ways, estimates = at(name, 0.3, **plan)
    r = dependence(estimates, [w.weights for w in ways], "super")[0, 1]
    contrasts = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    found = [contrast_variance(estimates[0], t, "super")[0] for t in contrasts]
    implied = (found[0] + found[1] - found[2]) / (2 * np.sqrt(found[0] * found[1]))
    # the engine debiases the pool's variance for its estimated slopes, which influence values do not
    assert r == pytest.approx(implied, abs=1e-12 if "clustered" in name else 0.05)
    assert abs(r) > 0.01


def test_clusters_that_span_independent_arms_are_lined_up() -> None:
    plain = SAMPLES["two arms"]
    sample = replace(
        plain,
        human=tuple(alike(s, s.y) for s in plain.human),
        llm_only=tuple(alike(s, s.c[0]) for s in plain.llm_only),
    )
    found = resolved(sample, Plan(quantiles=(0.5,), estimator="regression"))
    ways = [way(found.frame, np.eye(2)[d], "regression", "super", 0.5) for d in (0, 1)]
    estimates = [w.at(1.0) for w in ways]
    r = dependence(estimates, [w.weights for w in ways], "super")[0, 1]
    sums = []
    for d in (0, 1):
        frame, e = estimates[d].frame, estimates[d]
        units, only = frame.sample.human[0], frame.sample.llm_only[0]
        assert np.array_equal(units.cluster, sample.human[d].cluster)
        own = np.zeros(25)
        fit = frame.screened.fits[0]
        gap = float(e.pools[0].mean[0] - fit.mean_c[0])
        s = float(frame.human[0].scatter[1, 1])
        a = 1 / fit.n + (units.c[0] - fit.mean_c[0]) * gap / s
        np.add.at(own, units.cluster, a * fit.rows.residual)
        for source in (units, only):
            np.add.at(own, source.cluster, fit.slope[0] * (source.c[0] - e.pools[0].mean[0]) / e.pools[0].size)
        sums.append(own)
    expected = float(sums[0] @ sums[1] / np.sqrt((sums[0] @ sums[0]) * (sums[1] @ sums[1])))
    assert r == pytest.approx(expected, abs=0.05)  # CR2 corrects each cluster a little for its leverage
    assert abs(r) > 0.5


@pytest.mark.parametrize("name", ["two arms", "weights", "strata"])
def test_arms_with_units_of_their_own_are_independent(name: str) -> None:
    ways, estimates = at(name, 1.0)
    assert dependence(estimates, [w.weights for w in ways], "super").tolist() == np.eye(2).tolist()


def test_nothing_is_shared_in_the_sample_at_hand() -> None:
    ways, estimates = at("twins", 0.3, population="sample", inference_population="sample")
    assert dependence(estimates, [w.weights for w in ways], "sample")[0, 1] == 0.0
