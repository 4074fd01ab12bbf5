from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.intervals import requirements
from service.calibration.moments import of_columns
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, problems, simulate

LIKERT = cases.answers([1.0, 2.0, 5.0], [2.0, 3.0, 3.0, 4.0]).frame


def test_the_range_of_the_outcome_over_all_arms() -> None:
    assert requirements.outcome_range(LIKERT) == (1.0, 5.0)
    far = cases.answers([1e9 + 1.0, 1e9 + 2.0, 1e9 + 5.0]).frame
    assert far.sample.origin != 0.0
    assert requirements.outcome_range(far) == (1e9 + 1.0, 1e9 + 5.0)


def test_moments_fit_between_0_and_1_or_are_open() -> None:
    yes_no = as_moments(simulate(3, (40, 50), (90, 80), outcome="binary").sample())
    wide = replace(yes_no, human=(yes_no.human[0], of_columns(np.array([[0.0, 1.0, 1.4], [0.0, 1.0, 3.0]]))))
    assert requirements.outcome_range(cases.fitted(yes_no).frame) == (0.0, 1.0)
    assert requirements.outcome_range(cases.fitted(wide, name="human_only").frame) == (-inf, inf)


def test_the_scale_of_shares() -> None:
    codes = cases.answers([1.0, 2.0, 2.0], [2.0, 2.0, 1.0]).frame
    shares = cases.answers([0.2, 0.7, 1.0]).frame
    assert requirements.share_scale(codes, None) == (1.0, 2.0)
    assert requirements.share_scale(shares, None) == (0.0, 1.0)
    assert requirements.share_scale(LIKERT, (0.0, 5.0)) == (0.0, 5.0)
    cents = cases.answers([0.0, 0.01, 0.01], [0.0, 0.0, 0.01]).frame
    assert requirements.share_scale(cents, None) == (0.0, 0.01)
    assert requirements.share_scale(cents, (0.0, 1.0)) == (0.0, 1.0)


@pytest.mark.parametrize("bounds", [(1.5, 5.0), (1.0, 4.5)])
def test_outcomes_outside_the_bounds_are_refused(bounds) -> None:
    with pytest.raises(CalibrationError) as refused:
        requirements.share_scale(LIKERT, bounds)
    assert problems(refused.value) == [("/plan/bounds", "outside_bounds")]


def test_rounding_does_not_cross_the_bounds() -> None:
    requirements.require_inside(LIKERT, (1.0 + 1e-12, 5.0 - 1e-12), "score")


def test_rows() -> None:
    sample = simulate(3, (9, 9), (9, 9)).sample()
    requirements.require_rows(sample, "bootstrap")
    with pytest.raises(CalibrationError) as refused:
        requirements.require_rows(as_moments(sample), "bootstrap")
    assert problems(refused.value) == [("/plan/interval", "rows_required")]
    with pytest.raises(CalibrationError) as refused:
        requirements.share_scale(cases.fitted(as_moments(sample)).frame, None)
    assert problems(refused.value) == [("/plan/interval", "not_a_proportion")]
