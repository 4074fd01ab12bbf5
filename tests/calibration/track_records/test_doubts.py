from __future__ import annotations

import numpy as np
import pytest

from service.calibration.track_records.record import NewEffect
from service.calibration.track_records.track_record import track_record
from tests.calibration.track_records.records import drawn, in_studies, record

rng = np.random.default_rng(3)
NOISE = record(rng.normal(0, 0.1, 60), rng.normal(0, 0.1, 60), llm_se=[0.01] * 60)
SHIFTED = record(
    0.6 * np.linspace(0.1, 0.3, 60) + 0.3 + rng.normal(0, 0.1, 60), np.linspace(0.1, 0.3, 60), llm_se=[0.01] * 60
)


def codes(past) -> dict[str, str]:
    return {w.code: w.pointer for w in track_record(past).warnings}


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (drawn(60, llm_error=0.01), {}),
        (drawn(30, llm_error=0.01), {"conformal_needs_studies": "/studies"}),
        (drawn(60), {"llm_error_zero": "/studies"}),
        (drawn(60, llm_error=0.01, new=NewEffect("n", 9.0, 0.01)), {"extrapolation": "/new/llm/estimate"}),
        (
            drawn(60, llm_error=0.01, names=["a", "a", *map(str, range(58))]),
            {"contrasts_without_covariance": "/covariance"},
        ),
        (in_studies((2,) * 60, llm_error=0.01), {}),
        (NOISE, {"slope_uncertain": "/studies"}),
        (SHIFTED, {"orientation_matters": "/studies"}),
    ],
    ids=["none", "few for conformal", "exact", "outside", "contrasts", "with covariance", "noise", "orientation"],
)
def test_a_doubt_is_told_where_it_belongs(past, expected):
    assert codes(past) == expected


def test_small_records():
    assert list(codes(drawn(8, llm_error=0.01)))[:2] == ["conformal_needs_studies", "few_studies"]
    assert list(codes(drawn(1, llm_error=0.01))) == ["conformal_needs_studies", "random_effects_need_studies"]
    alike = record([0.1, 0.5, 0.3, 0.9], [0.1] * 4, llm_se=[0.01] * 4)
    assert list(codes(alike)) == ["conformal_needs_studies", "few_studies", "llm_effects_alike"]
    exact = record(np.linspace(0, 1, 12), np.linspace(0, 2, 12), llm_se=[0.001] * 12)
    assert "no_variance_between_studies" in codes(exact)


def test_assumptions_are_assumed():
    found = track_record(drawn(8)).assumptions
    assert [a.name for a in found] == ["exchangeable_studies", "one_scale", "known_sampling_errors", "straight_line"]
    assert {(a.status, a.p_value) for a in found} == {("assumed", None)}
    assert "independent" in found[2].statement
    assert "as sent" in track_record(in_studies((2, 2))).assumptions[2].statement
