"""What one sample comes to; the numbers themselves are tested through ``calibrate``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.calibration import assumptions
from service.calibration.calibrate import calibrate
from service.calibration.effects import analysed, finite
from service.calibration.errors import NotIdentified
from service.calibration.inference import Interval, Result
from service.calibration.plan import Plan
from service.calibration.resolution import resolve
from tests.calibration.studies import simulate

SAMPLE = simulate(4, (20, 22, 24), (40, 40, 40)).sample()
GOOD = Result(1.0, 0.2, 7.5, 0.04, Interval("t", 0.9, 0.6, None))


@pytest.mark.parametrize("estimator", ["auto", "power_tuned"])
def test_one_fit_per_contrast_shared_where_the_slopes_are(estimator: str) -> None:
    resolved = resolve(SAMPLE, Plan(estimator=estimator))
    analysis = analysed(resolved, assumptions.reference(resolved.plain))
    assert (len(analysis.fits), len(analysis.estimates), len(analysis.arms)) == (2, 2, 3)
    assert (analysis.fits[0] is analysis.fits[1]) is (estimator == "auto")
    assert analysis.estimates == calibrate(SAMPLE, Plan(estimator=estimator)).estimates


def test_an_arm_that_is_an_estimate_shows_that_estimate() -> None:
    answer = calibrate(SAMPLE, Plan(estimand="mean", estimator="power_tuned"))
    for estimate, arm in zip(answer.estimates, answer.arms, strict=True):
        assert arm.mean == replace(estimate.result, p_value=None)


def test_a_result_that_left_the_range_of_a_double_is_refused() -> None:
    assert finite(GOOD) is GOOD
    for broken in (replace(GOOD, estimate=float("inf")), replace(GOOD, df=float("nan"))):
        with pytest.raises(NotIdentified):
            finite(broken)
