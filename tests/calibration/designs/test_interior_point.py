from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs import interior_point
from service.calibration.designs.interior_point import (
    InformationTable,
    Limits,
    first_state,
    follow_path,
    moments_at,
    pull,
    rescaled,
)

TABLE = InformationTable(
    np.array([[1.0, 0.0], [1.0, 0.0], [-0.5, 1.1], [0.0, 1.0]]), np.array([0, 1, 3]), np.array([[1.0], [0.0]])
)
LIMITS = Limits(np.array([[1.0, 1.05, 0.05]]), np.ones(1), np.full(3, 0.2))


def test_moments_are_inverses():
    counts = np.array([0.3, 0.5, 2.0])
    rows = TABLE.factors * np.sqrt(counts[TABLE.row_group])[:, None]
    inverse = np.linalg.inv(rows.T @ rows)
    moments = moments_at(TABLE, counts)
    assert moments is not None
    assert moments.variances == pytest.approx([inverse[0, 0]])
    assert moments.slopes[:, 0] == pytest.approx(inverse[:, 0])
    assert moments.root.T @ moments.root == pytest.approx(inverse)


def test_pull_is_the_gradient():
    counts, step = np.array([0.3, 0.5, 2.0]), 1e-6
    moments = moments_at(TABLE, counts)
    assert moments is not None
    for g in range(3):
        up, down = counts.copy(), counts.copy()
        up[g] += step
        down[g] -= step
        above, below = moments_at(TABLE, up), moments_at(TABLE, down)
        assert above is not None
        assert below is not None
        slope = (above.variances - below.variances)[0] / (2 * step)
        assert pull(TABLE, moments)[g, 0] == pytest.approx(-slope, rel=1e-6)


def test_unseen_contrast_and_singular_information_have_no_moments():
    assert moments_at(TABLE, np.array([0.0, 0.0, 1.0])) is None
    twice = InformationTable(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0, 1]), np.array([[1.0], [0.0]]))
    assert moments_at(twice, np.ones(2)) is None


def test_path_ends_where_the_conditions_hold():
    first = moments_at(TABLE, LIMITS.interior)
    assert first is not None
    state, steps = follow_path(TABLE, LIMITS, first_state(LIMITS, first))
    assert 5 < steps < 60
    assert state.duality < 1e-13
    priced = pull(TABLE, state.moments)[:, 0]
    assert np.all(priced <= LIMITS.rows[0] * state.limit_price[0] * (1 + 1e-9))
    assert LIMITS.rows[0] @ state.counts == pytest.approx(1, rel=1e-12)
    rough, fewer = follow_path(TABLE, LIMITS, first_state(LIMITS, first), 1e-6)
    assert fewer < steps
    assert rough.moments.variances == pytest.approx(state.moments.variances, rel=1e-5)


def test_path_gives_up_after_the_last_step(monkeypatch):
    monkeypatch.setattr(interior_point, "MOST_STEPS", 2)
    first = moments_at(TABLE, LIMITS.interior)
    assert first is not None
    assert follow_path(TABLE, LIMITS, first_state(LIMITS, first))[1] == 2


def test_path_stops_when_no_step_helps(monkeypatch):
    first = moments_at(TABLE, LIMITS.interior)
    assert first is not None
    monkeypatch.setattr(interior_point, "moments_at", lambda *_: None)
    state, steps = follow_path(TABLE, LIMITS, first_state(LIMITS, first))
    assert steps == 0
    assert state.counts is LIMITS.interior


def test_rescaling_makes_bounds_one():
    limits = Limits(np.array([[5.0, 0.1], [-1.0, 0.0]]), np.array([100.0, -4.0]), np.array([10.0, 20.0]))
    unit = rescaled(limits, np.array([20.0, 1000.0]))
    assert unit.bounds.tolist() == [1.0, -1.0]
    assert unit.rows.tolist() == [[1.0, 1.0], [-5.0, 0.0]]
    assert unit.interior.tolist() == [0.5, 0.02]
