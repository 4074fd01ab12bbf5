from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.errors import InvalidPlan

TWO = Assumed(("gpt", "small"), np.array([2.0]), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]]))
ARMS = Assumed(
    ("gpt", "small"),
    np.array([1.0, 2.0]),
    np.array([[0.6, 0.3], [0.5, 0.2]]),
    np.array([[1.0, 0.4], [0.4, 1.0]]),
    ("control", "treatment"),
    "shared",
    0.5,
)


def test_one_population():
    basis = assumed_basis(TWO)
    assert basis.joint.covariance == pytest.approx(np.array([[4.0, 1.2, 0.6], [1.2, 1.0, 0.4], [0.6, 0.4, 1.0]]))
    assert basis.contrasts.tolist() == [[1.0]]
    assert basis.warnings == ()


def test_twins_link_conditions():
    joint = assumed_basis(ARMS).joint
    assert [(c.model, c.arm) for c in joint.columns] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert joint.covariance[0, 2:] == pytest.approx([0.6, 0.3, 0.3, 0.15])
    assert joint.covariance[1, 2:] == pytest.approx([0.5, 1.0, 0.2, 0.4])
    assert joint.covariance[2, 2:] == pytest.approx([1.0, 0.5, 0.4, 0.2])


def test_other_condition_says_nothing_more():
    joint = assumed_basis(ARMS).joint
    shown = np.array([2, 3, 4, 5])
    slopes = np.linalg.solve(joint.covariance[np.ix_(shown, shown)], joint.covariance[shown, 0])
    assert slopes[[1, 3]] == pytest.approx([0, 0], abs=1e-12)


def test_independent_arms_have_no_links_and_may_differ():
    by_arm = np.array([[[1.0, 0.4], [0.4, 1.0]], [[1.0, 0.2], [0.2, 1.0]]])
    joint = assumed_basis(
        replace(ARMS, prediction_design="independent", arm_correlation=None, model_correlation=by_arm)
    ).joint
    assert joint.covariance[0, 2:] == pytest.approx([0.6, 0.0, 0.3, 0.0])
    assert joint.covariance[2, 2:] == pytest.approx([1.0, 0.0, 0.4, 0.0])
    assert joint.covariance[3, 2:] == pytest.approx([0.0, 1.0, 0.0, 0.2])


def test_contradicting_correlations_are_refused_singular_ones_warned():
    with pytest.raises(InvalidPlan) as refused:
        assumed_basis(
            replace(TWO, ppi_correlation=np.array([[0.9, -0.9]]), model_correlation=np.array([[1, 0.9], [0.9, 1]]))
        )
    assert refused.value.problems[0].code == "impossible_correlations"
    singular = assumed_basis(replace(TWO, ppi_correlation=np.array([[0.6, 0.6]]), model_correlation=np.ones((2, 2))))
    assert [w.code for w in singular.warnings] == ["singular_correlations"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (replace(TWO, outcome_sd=np.array([0.0])), "bad_sd"),
        (replace(TWO, outcome_sd=np.array([1.0, 1.0])), "length_mismatch"),
        (replace(TWO, ppi_correlation=np.array([[1.2, 0.1]])), "bad_correlation"),
        (replace(TWO, ppi_correlation=np.array([[np.nan, 0.1]])), "bad_correlation"),
        (replace(TWO, prediction_design="independent"), "bad_prediction_design"),
        (replace(ARMS, arm_correlation=None), "missing_arm_correlation"),
        (replace(ARMS, arm_correlation=1.5), "bad_correlation"),
        (replace(ARMS, prediction_design="single"), "bad_prediction_design"),
    ],
)
def test_bad_statements(changed, code):
    with pytest.raises(InvalidPlan) as refused:
        assumed_basis(changed)
    assert [p.code for p in refused.value.problems] == [code]
