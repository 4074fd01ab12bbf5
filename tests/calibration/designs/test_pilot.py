from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.joint import Column
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments
from service.calibration.errors import InvalidPlan, NotIdentified


def sample(n: int, seed: int = 3) -> PilotMoments:
    """Twins: two arms of n, one model, a pool of 10 n."""
    rng = np.random.default_rng(seed)
    root = np.array([[1.0, 0.0], [0.5, 0.8]])
    arms = []
    for slope in ((0.7, 0.1), (0.2, 0.6)):
        c = rng.normal(size=(n, 2)) @ root.T
        y = c @ np.array(slope) + rng.normal(size=n)
        arms.append(ArmMoments(n, np.cov(np.column_stack([y, c]).T)))
    pool = np.cov((rng.normal(size=(10 * n, 2)) @ root.T).T)
    return PilotMoments(("c", "t"), ("f",), (Column(0, 0), Column(0, 1)), tuple(arms), pool, "shared")


def test_slopes_and_residuals_are_those_of_the_arms():
    pilot = sample(50)
    joint = assumed_from_moments(pilot).joint
    for d, moments in enumerate(pilot.by_arm):
        slope = np.linalg.solve(moments.covariance[1:, 1:], moments.covariance[1:, 0])
        residual = (moments.covariance[0, 0] - slope @ moments.covariance[1:, 0]) * 49 / 47
        seen = np.linalg.solve(joint.covariance[2:, 2:], joint.covariance[2:, d])
        left = joint.covariance[d, d] - seen @ joint.covariance[2:, d]
        noise = residual * np.trace(pilot.pool_covariance @ np.linalg.inv(moments.covariance[1:, 1:])) / 49
        explained = slope @ pilot.pool_covariance @ slope
        assert left == pytest.approx(residual, rel=1e-10)
        assert seen @ joint.covariance[2:, d] == pytest.approx(explained - noise, rel=1e-10)
        assert seen / slope == pytest.approx(np.full(2, np.sqrt(1 - noise / explained)), rel=1e-9)


def test_a_large_pilot_finds_the_truth():
    joint = assumed_from_moments(sample(20_000)).joint
    assert joint.covariance[0, 2:] == pytest.approx([0.75, 0.439], abs=0.03)
    assert joint.covariance[0, 0] == pytest.approx(1 + 0.49 + 0.07 + 0.0089, abs=0.04)


def test_noise_promises_nothing_on_average():
    rng, shares = np.random.default_rng(1), []
    for _ in range(400):
        z = rng.normal(size=(30, 4))
        moments = (ArmMoments(30, np.cov(z.T)),)
        columns = tuple(Column(k) for k in range(3))
        joint = assumed_from_moments(PilotMoments((), tuple("abc"), columns, moments, np.eye(3), "single")).joint
        shares.append(float(np.sum(joint.covariance[0, 1:] ** 2)) / joint.covariance[0, 0])
    assert np.mean(shares) < 0.06
    assert np.median(shares) < 0.01


def test_independent_columns_belong_to_their_arm():
    shared = sample(50)
    own = tuple(ArmMoments(m.n, m.covariance[np.ix_([0, 1 + d], [0, 1 + d])]) for d, m in enumerate(shared.by_arm))
    joint = assumed_from_moments(
        replace(shared, by_arm=own, pool_covariance=np.eye(2), prediction_design="independent")
    ).joint
    assert joint.covariance[0, 3] == joint.covariance[1, 2] == 0.0
    assert joint.covariance[0, 2] > 0


def test_predictions_equal_to_outcomes_are_floored_and_warned():
    moments = (ArmMoments(20, np.ones((2, 2))),)
    basis = assumed_from_moments(PilotMoments((), ("f",), (Column(0),), moments, np.ones((1, 1)), "single"))
    assert [w.code for w in basis.warnings] == ["singular_correlations"]


def test_no_columns_is_humans_only():
    moments = (ArmMoments(20, np.array([[2.0]])),)
    joint = assumed_from_moments(PilotMoments((), (), (), moments, np.empty((0, 0)), "single")).joint
    assert joint.covariance.tolist() == [[2.0]]


def test_refusals():
    pilot = sample(50)
    with pytest.raises(InvalidPlan, match="arms of moments"):
        assumed_from_moments(replace(pilot, by_arm=pilot.by_arm[:1]))
    with pytest.raises(InvalidPlan, match="columns"):
        assumed_from_moments(replace(pilot, by_arm=(ArmMoments(50, np.eye(2)), pilot.by_arm[1])))
    with pytest.raises(NotIdentified) as few:
        assumed_from_moments(replace(pilot, by_arm=(ArmMoments(4, np.eye(3)), pilot.by_arm[1])))
    with pytest.raises(NotIdentified) as constant:
        assumed_from_moments(replace(pilot, by_arm=(ArmMoments(50, np.zeros((3, 3))), pilot.by_arm[1])))
    assert few.value.problems[0].code == "too_few_humans"
    assert constant.value.problems[0].code == "no_variation"
