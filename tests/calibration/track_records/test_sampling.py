from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.track_records.sampling import cubes, joined, rotated, sampling
from tests.calibration.track_records.records import drawn, in_studies, record

SIZES = (2, 1, 3, 1)


def test_blocks_are_what_covariances_join():
    matrix = np.eye(6)
    for i, j in ((0, 4), (4, 2), (1, 5)):
        matrix[i, j] = matrix[j, i] = 0.1
    assert [block.tolist() for block in joined(matrix)] == [[0, 2, 4], [1, 5], [3]]
    assert cubes(in_studies(SIZES)) == 8 + 27
    assert cubes(drawn(5)) == 0


@pytest.mark.parametrize("more", [np.zeros(7), np.full(7, 0.01), np.linspace(0, 0.01, 7)])
def test_rotated_rows_have_the_likelihood_of_the_whole_matrix(more):
    past = in_studies(SIZES)
    x = np.column_stack([np.ones(7), past.llm.estimate])
    rows = rotated(sampling(past), more, past.human.estimate, x)
    for tau2 in (0.0, 0.02):
        inverse = np.linalg.inv(past.covariance + np.diag(more) + tau2 * np.eye(7))
        weights = 1 / (rows.variance + tau2)
        assert (rows.x.T * weights) @ rows.x == pytest.approx(x.T @ inverse @ x, rel=1e-9)
        assert (rows.x.T * weights) @ rows.y == pytest.approx(x.T @ inverse @ past.human.estimate, rel=1e-9)
        assert -np.log(weights).sum() == pytest.approx(-np.linalg.slogdet(inverse)[1], rel=1e-9)


def test_independent_errors_are_left_alone():
    past = drawn(5)
    rows = rotated(sampling(past), np.zeros(5), past.human.estimate, np.ones((5, 1)))
    assert rows.y.tolist() == past.human.estimate.tolist()
    assert rows.variance == pytest.approx(past.human.standard_error**2)


def test_one_effect_does_not_outweigh_all_beyond_double_precision():
    rows = rotated(sampling(record([1, 2], [1, 2], se=[1e-12, 1])), np.zeros(2), np.ones(2), np.ones((2, 1)))
    assert rows.variance.tolist() == [1e-10, 1.0]


def test_a_matrix_that_is_no_covariance_is_refused():
    matrix = 0.0025 * np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(NotIdentified) as found:
        sampling(record([1, 2, 3], [1, 2, 3], covariance=matrix))
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/covariance", "not_positive")]
