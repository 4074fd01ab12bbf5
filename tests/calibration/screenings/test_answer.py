from __future__ import annotations

from service.calibration.screenings.answer import Applied, Judged, Screened
from service.calibration.screenings.expectation import EffectCalibration

APPLIED = Applied("holm", 0.05, EffectCalibration(0.4, 0.1), 0.14, "fixed", 0.2, None, 0)
RUN = Judged("a", 1.0, 0.01, 0.02, True, "confirmatory")
NOT_RUN = Judged("b", 1.0, None, None, None, "exploratory")


def test_the_claim_is_that_of_the_tests() -> None:
    assert Screened((RUN, NOT_RUN), 1.0, None, APPLIED, (), ()).claim == "confirmatory"
    assert Screened((NOT_RUN,), 1.0, None, APPLIED, (), ()).claim == "exploratory"
