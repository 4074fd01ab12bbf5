from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.joint import Column, against_control, basis_of, columns_shown, floored
from service.calibration.errors import InvalidPlan
from tests.calibration.designs.cases import one, sigma_a, twins, two_samples


def test_contrasts_against_the_first_arm():
    assert against_control(1).tolist() == [[1.0]]
    assert against_control(3).tolist() == [[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]


def test_shown_columns():
    columns = (Column(0, 0), Column(0, 1), Column(None))
    assert columns_shown(columns, "shared", 0) == [0, 1, 2]
    assert columns_shown(columns, "independent", 1) == [1, 2]
    assert columns_shown((Column(0), Column(None)), "single", 0) == [0, 1]


def test_a_sound_covariance_is_left_alone():
    joint = twins(sigma_a(), 1).joint
    assert floored(joint) == (joint, False)
    basis = basis_of(joint, None)
    assert basis.warnings == ()
    assert basis.contrasts.tolist() == [[-1.0, 1.0]]


def test_an_outcome_explained_beyond_reason_is_shrunk_and_warned():
    basis = basis_of(one(1.0).joint, None)
    assert [w.code for w in basis.warnings] == ["singular_correlations"]
    assert np.linalg.eigvalsh(basis.joint.covariance).min() > 0
    assert basis.joint.covariance == pytest.approx(np.ones((2, 2)), abs=1e-8)


def test_indefinite_blocks_become_definite_for_every_arm():
    covariance = two_samples().joint.covariance.copy()
    covariance[0, 2] = covariance[2, 0] = 1.2
    joint, moved = floored(replace(two_samples().joint, covariance=covariance))
    assert moved
    for d in range(2):
        assert np.linalg.eigvalsh(joint.covariance[np.ix_([d, 2 + d], [d, 2 + d])]).min() > 0
    assert joint.covariance[1, 3] == covariance[1, 3]
    assert joint.outcome_variance.tolist() == [1.0, 2.25]


def test_constant_columns_do_not_divide_by_zero():
    covariance = sigma_a()
    covariance[2:, :] = covariance[:, 2:] = 0.0
    joint, moved = floored(replace(twins(sigma_a(), 1).joint, covariance=covariance))
    assert moved
    assert np.all(np.isfinite(joint.covariance))


@pytest.mark.parametrize("contrasts", [[[1.0, -1.0, 0.0]], [[np.nan, 1.0]], [[0.0, 0.0]]])
def test_bad_contrasts(contrasts):
    with pytest.raises(InvalidPlan) as refused:
        basis_of(twins(sigma_a(), 1).joint, np.array(contrasts))
    assert refused.value.problems[0].code == "bad_contrast"
