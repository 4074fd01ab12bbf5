from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.estimators.design_based import fit
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.calibration.studies import problems, simulate

STUDY = simulate(31, (30, 34), 90, design="shared")
T = np.array([-1.0, 1.0])


def sampled(seed: int = 1) -> Sample:
    rng = np.random.default_rng(seed)
    sample = STUDY.sample()
    return replace(
        sample, human=tuple(replace(u, sampling_probability=rng.uniform(0.1, 0.9, u.n)) for u in sample.human)
    )


def test_an_arm_is_weighted_least_squares_at_the_mean_of_the_frame() -> None:
    sample = sampled()
    everyone = np.hstack([*(u.c for u in sample.human), sample.llm_only[0].c])
    expected = []
    for units in sample.human:
        root = np.sqrt(1.0 / units.sampling_probability)
        design = np.vstack([np.ones(units.n), units.c])
        coefficients = np.linalg.lstsq((design * root).T, units.y * root, rcond=None)[0]
        expected.append(coefficients @ np.append(1.0, everyone.mean(axis=1)))
    assert fit(Frame(sample, "sampling"), T).theta == pytest.approx(expected, rel=1e-12)


def test_it_is_what_regression_does_with_these_data() -> None:
    ours, theirs = (calibrate(sampled(), Plan(estimator=name)) for name in ("design_based", "regression"))
    assert ours.estimates[0].result == theirs.estimates[0].result
    assert ours.applied.identification == "sampling"


def test_without_probabilities_it_is_refused() -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        calibrate(STUDY.sample(), Plan(estimator="design_based"))
    assert problems(refused.value) == [("/plan/estimator", "unsupported_combination")]


def test_it_is_no_alternative_where_it_cannot_be_computed() -> None:
    for sample, offered in ((STUDY.sample(), False), (sampled(), True)):
        found = calibrate(sample, Plan(compare=True)).estimates[0].alternatives
        assert ("design_based" in [a.estimator for a in found]) is offered
