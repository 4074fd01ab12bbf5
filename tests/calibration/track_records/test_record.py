from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.track_records.record import NewEffect, checked, effects, split_of
from tests.calibration.track_records.records import drawn, in_studies, record


def refused(**other) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        checked(record([0.1, 0.2, 0.3], [0.2, 0.3, 0.1], **other))
    return [(p.pointer, p.code) for p in found.value.problems]


def test_a_good_record_is_itself():
    for good in (drawn(5), in_studies((2, 1, 3))):
        assert checked(good) is good


def test_all_problems_are_told_at_once():
    bad = refused(se=[0.1, 0.0, -1.0], llm_se=[0.0, 0.1, -0.1], new=NewEffect("n", 0.1, -0.1), split=(0.02, 0.02, 0.02))
    assert bad == [
        ("/studies/1/human/standard_error", "bad_standard_error"),
        ("/studies/2/human/standard_error", "bad_standard_error"),
        ("/studies/2/llm/standard_error", "bad_standard_error"),
        ("/new/llm/standard_error", "bad_standard_error"),
        ("/error_split", "bad_error_split"),
    ]


def test_a_record_without_studies():
    with pytest.raises(InvalidSample, match="no past study"):
        checked(record([], []))


def test_an_error_beyond_double_precision():
    assert refused(se=[1e-61, 0.1, 1e-60]) == [("/studies/0/human/standard_error", "bad_standard_error")]


def test_an_error_of_zero_spends_nothing_and_is_refused():
    assert refused(split=(0.0, 0.01, 0.04)) == [("/error_split", "bad_error_split")]


@pytest.mark.parametrize(
    ("matrix", "found"),
    [
        (np.zeros((3, 0)), [("/covariance", "length_mismatch")]),
        (np.eye(2), [("/covariance", "length_mismatch")]),
        (0.0025 * np.eye(3) + np.eye(3, k=1) * 1e-4, [("/covariance", "not_symmetric")]),
        (np.diag([0.0025, 0.05, 0.0025]), [("/covariance/1/1", "covariance_disagrees")]),
    ],
)
def test_covariances_that_cannot_be(matrix, found):
    assert refused(covariance=matrix) == found


def test_names_are_studies():
    found = record([1, 2, 3], [1, 2, 3], names=["b", "a", "b"])
    assert found.n_studies == 2
    assert found.studies.tolist() == [1, 0, 1]
    assert effects([1], [2]).estimate.dtype == np.float64
    assert sum(split_of(0.95)) == pytest.approx(0.05)
    assert replace(found, names=()).n_studies == 0
