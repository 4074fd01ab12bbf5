from __future__ import annotations

import numpy as np
import pytest

from service.calibration.plan import Plan
from service.calibration.quantiles.arm import arm_quantile
from tests.calibration.quantiles.asking import resolved
from tests.calibration.quantiles.studies import SAMPLES


@pytest.mark.unwatched
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("estimator", ["auto", "regression", "ppi"])
def test_the_engine_at_the_estimate_is_the_curve_there(name: str, estimator: str) -> None:
    sample = SAMPLES[name]
    found = resolved(sample, Plan(quantiles=(0.6,), estimator=estimator))
    for d in range(len(sample.arms)):
        own = arm_quantile(found, d, 0.6, estimator)
        at, calibrated = own.calibrated.inversion.at, own.calibrated
        share = float(calibrated.way.weights @ calibrated.estimate.theta)
        assert share == pytest.approx(calibrated.curve.levels.share[at], rel=1e-10)
        assert calibrated.variance == calibrated.curve.variance_at(0.6)[at]
        assert own.n == sample.human[d].n
        error = own.human.inversion.error
        assert own.scale == (pytest.approx(error / np.sqrt(own.human.variance)) if error else 1.0)


def test_the_humans_variance_is_taken_at_the_calibrated_estimate() -> None:
    found = resolved(SAMPLES["weights"], Plan(quantiles=(0.6,), estimator="regression"))
    own = arm_quantile(found, 0, 0.6, "regression")
    there = own.calibrated.curve.thresholds[own.calibrated.inversion.at]
    place = own.human.curve.thresholds.tolist().index(there)
    assert own.human_variance == own.human.curve.variance_at(0.6)[place]


def test_without_an_error_the_scale_is_one() -> None:
    found = resolved(SAMPLES["ties"], Plan(quantiles=(0.5,), estimator="human_only"))
    scales = [arm_quantile(found, d, q, "human_only") for d in (0, 1) for q in (0.3, 0.4, 0.5, 0.6)]
    flat = [a for a in scales if a.human.inversion.error == 0.0]
    assert flat
    assert {a.scale for a in flat} == {1.0}
    assert all(a.human is a.calibrated for a in scales)


def test_bounds_are_those_of_the_outcome() -> None:
    sample = SAMPLES["far from 0"]
    assert sample.origin != 0.0
    low = float(min(s.y.min() for s in sample.human)) + sample.origin - 1.0
    found = resolved(sample, Plan(quantiles=(0.02,), bounds=(low, low + 100.0)))
    own = arm_quantile(found, 0, 0.02, "human_only").human.inversion
    assert own.bound(0.025, "lower") == pytest.approx(low - sample.origin, abs=1e-6)
