from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.joint import Column
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments
from service.calibration.designs.uncertainty import PAIRS, mirrored_hypercube, scenarios_of
from tests.calibration.designs.pilots import single, two_arms

rng = np.random.default_rng


def correlations(pilot: PilotMoments, count: int, seed: int = 0) -> np.ndarray:
    joints = scenarios_of(pilot, rng(seed), count // 2)
    return np.array([j.covariance[0, 1] / np.sqrt(j.covariance[0, 0] * j.covariance[1, 1]) for j in joints])


@pytest.mark.unwatched
@pytest.mark.parametrize("n", [40, 400])
def test_the_correlations_band_is_fishers(n):
    sample = single(n, (0.6,))
    cov = sample.by_arm[0].covariance
    pilot = replace(sample, pool_covariance=cov[1:, 1:], pool_sizes=(float(n),))
    plug = assumed_from_moments(pilot).joint.covariance
    z = np.arctanh(plug[0, 1] / np.sqrt(plug[0, 0] * plug[1, 1]))
    found = np.quantile(correlations(pilot, 4000), [0.025, 0.5, 0.975])
    fisher = np.tanh(z + np.array([-1.96, 0, 1.96]) / np.sqrt(n - 3))
    assert found == pytest.approx(fisher, abs=0.9 / n + 0.002)


@pytest.mark.unwatched
def test_the_residual_variance_has_its_chi_square():
    pilot = single(20, (0.5, 0.3))
    joints = scenarios_of(pilot, rng(1), 2000)
    residual = np.array(
        [
            j.covariance[0, 0] - j.covariance[0, 1:] @ np.linalg.solve(j.covariance[1:, 1:], j.covariance[0, 1:])
            for j in joints
        ]
    )
    plug = assumed_from_moments(pilot).joint.covariance
    own = plug[0, 0] - plug[0, 1:] @ np.linalg.solve(plug[1:, 1:], plug[0, 1:])
    pivot = own * 17 / residual
    assert pivot.mean() == pytest.approx(17, rel=0.01)
    assert pivot.var() == pytest.approx(34, rel=0.05)


@pytest.mark.unwatched
def test_draws_centre_on_the_plug_in_and_reach_a_worthless_model():
    pilot = single(60, (0.5,))
    plug = assumed_from_moments(pilot).joint.covariance
    known = replace(pilot, pool_sizes=())
    explained = [j.covariance[0, 1] ** 2 / j.covariance[1, 1] for j in scenarios_of(known, rng(0), 2000)]
    assert np.mean(explained) == pytest.approx(plug[0, 1] ** 2 / plug[1, 1], rel=0.02)
    weak = single(20, (0.2,), seed=1)
    assert np.mean(correlations(weak, 400) == 0) > 0.2


@pytest.mark.unwatched
def test_the_pools_covariance_varies_as_its_size_says():
    pilot = single(60, (0.5, 0.2), llm_only=140)
    spread = np.array([j.covariance[1:, 1:] for j in scenarios_of(pilot, rng(2), 1500)])
    assert spread.mean(axis=0) == pytest.approx(pilot.pool_covariance * 199 / (199 - 3), abs=0.01)
    assert spread[:, 0, 0].std() == pytest.approx(pilot.pool_covariance[0, 0] * np.sqrt(2 / 199), rel=0.1)
    known = scenarios_of(replace(pilot, pool_sizes=()), rng(2), 3)
    assert all(np.array_equal(j.covariance[1:, 1:], pilot.pool_covariance) for j in known)


def test_arms_vary_apart_and_independent_pools_too():
    joints = scenarios_of(two_arms(40, (0.7, 0.3), "independent"), rng(3), 200)
    pools = np.array([np.diag(j.covariance)[2:] for j in joints])
    outcomes = np.array([np.diag(j.covariance)[:2] for j in joints])
    for pair in (pools, outcomes):
        assert abs(np.corrcoef(pair.T)[0, 1]) < 0.15
    assert all(j.covariance[2, 3] == 0 for j in joints)
    shared = scenarios_of(two_arms(40, (0.7, 0.3), "shared"), rng(3), 2)
    assert len({j.covariance[2, 3] for j in shared}) == 5


def test_no_columns_leave_the_outcome_alone():
    pilot = PilotMoments(
        (), (), (), (ArmMoments(30, np.array([[2.0]])),), np.zeros((0, 0)), "single", pool_sizes=(30.0,)
    )
    variances = [j.covariance[0, 0] for j in scenarios_of(pilot, rng(4), 250)]
    assert 29 * 2.0 * np.mean(1 / np.array(variances)) == pytest.approx(29, rel=0.01)
    lonely = replace(two_arms(30, (0.5, 0.5), "independent"), columns=(Column(0, 0), Column(0, 0)))
    assert (
        len(scenarios_of(replace(lonely, by_arm=(_wider(lonely.by_arm[0]), _bare(lonely.by_arm[1]))), rng(5), 2)) == 5
    )


def _wider(arm: ArmMoments) -> ArmMoments:
    return ArmMoments(arm.n, np.diag([1.0, 1.0, 1.0]))


def _bare(arm: ArmMoments) -> ArmMoments:
    return ArmMoments(arm.n, arm.covariance[:1, :1])


def test_the_same_generator_gives_the_same_scenarios():
    pilot = single(30, (0.4,))
    first, second = (np.array([j.covariance for j in scenarios_of(pilot, rng(7))]) for _ in range(2))
    assert np.array_equal(first, second)
    assert len(first) == 2 * PAIRS + 1 == 39
    assert not np.array_equal(first, [j.covariance for j in scenarios_of(pilot, rng(8))])


def test_rows_are_mirrored_and_fill_every_stratum():
    rows = mirrored_hypercube(19, 6, rng(0))
    assert rows.shape == (39, 6)
    assert rows[0] == pytest.approx(0.5)
    assert rows[1::2] + rows[2::2] == pytest.approx(1.0)
    assert np.array_equal(np.sort(np.floor(rows * 39), axis=0), np.tile(np.arange(39.0)[:, None], 6))
    assert abs(np.corrcoef(rows[1::2].T) - np.eye(6)).max() < 0.7
