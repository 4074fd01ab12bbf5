from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.track_records.record import Effects, NewEffect
from service.calibration.track_records.track_record import track_record
from tests.calibration.track_records.records import drawn, in_studies, record


def test_the_highest_claim_is_exploratory():
    found = track_record(drawn(60))
    assert found.claim == "exploratory_with_track_record"
    assert found.llm_only.claim == "exploratory"
    assert found.name == "new"


def test_a_bad_record_is_refused():
    with pytest.raises(InvalidSample):
        track_record(record([], []))


def scaled(past, factor: float):
    def times(effects: Effects) -> Effects:
        return Effects(factor * effects.estimate, factor * effects.standard_error)

    covariance = None if past.covariance is None else factor**2 * past.covariance
    new = NewEffect("new", factor * past.new.estimate, factor * past.new.standard_error)
    return replace(past, human=times(past.human), llm=times(past.llm), covariance=covariance, new=new)


@pytest.mark.parametrize("factor", [100.0, 1e-9, 1e9])
def test_units_do_not_matter(factor):
    past = in_studies((2,) * 60, llm_error=0.02)
    one, other = track_record(past), track_record(scaled(past, factor))
    assert other.random_effects.interval.lower == pytest.approx(factor * one.random_effects.interval.lower, rel=1e-7)
    assert other.random_effects.slope == pytest.approx(one.random_effects.slope, rel=1e-7)
    assert other.conformal.interval.upper == pytest.approx(factor * one.conformal.interval.upper, rel=1e-9)
    assert other.correlation.attenuation_corrected == pytest.approx(one.correlation.attenuation_corrected, rel=1e-7)


def test_the_order_of_studies_does_not_matter():
    past = drawn(60, llm_error=0.02)
    order = np.random.default_rng(0).permutation(60)

    def moved(effects: Effects) -> Effects:
        return Effects(effects.estimate[order], effects.standard_error[order])

    other = track_record(
        replace(past, human=moved(past.human), llm=moved(past.llm), names=tuple(past.names[i] for i in order))
    )
    assert other.random_effects.estimate == pytest.approx(track_record(past).random_effects.estimate, abs=1e-10)
    assert other.conformal == track_record(past).conformal


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("size", [1e-50, 1e-12, 1.0, 1e12])
def test_every_number_is_finite(n, size):
    past = scaled(drawn(n, llm_error=0.02), size)
    found = track_record(past)
    parts = (found.random_effects, found.correlation, found.agreement)
    values = [getattr(part, name) for part in parts for name in part.__slots__]
    assert all(np.isfinite(v) for v in values if isinstance(v, float))
