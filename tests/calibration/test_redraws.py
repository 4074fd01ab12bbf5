from __future__ import annotations

import numpy as np
import pytest

from service.calibration import redraws
from service.calibration.redraws import Redraw, Redrawn, independent, places
from service.calibration.refits import Mean


def redrawn(at, n, *, joint=False, replicates=11, seed=5):
    share = np.full(n, 1.0 / n)
    return Redrawn((Mean(np.arange(n)[None] * share, share),), share, at, joint, replicates, seed)


def test_clusters_with_humans_come_first_and_the_others_after_them():
    at = places(np.array([7, 3, 7, 9]), np.array([4, 9, 9, 2, 4, 3]))
    assert at.human.tolist() == [1, 0, 1, 2]
    assert at.pool.tolist() == [4, 2, 2, 3, 4, 0]
    assert (at.shared, at.apart) == (3, 2)
    assert not at.plain
    assert at.by_cluster(np.array([[1.0, 2.0, 4.0, 8.0]])).tolist() == [[2.0, 5.0, 8.0]]


def test_no_pool_leaves_no_clusters_apart():
    at = places(np.array([1, 1]), np.zeros(0, dtype=np.int64))
    assert (at.shared, at.apart) == (1, 0)


def test_independent_units_are_their_own_clusters():
    at = independent(3, 2)
    assert at.plain
    assert at.pool.tolist() == [3, 4]
    assert at.by_cluster(np.ones((1, 3))).tolist() == [[1.0, 1.0, 1.0]]


@pytest.mark.parametrize("joint", [False, True])
def test_every_replicate_draws_as_many_clusters_as_there_are(joint):
    own = redrawn(places(np.arange(6) // 2, np.array([0, 8, 9])), 6, joint=joint)
    found = np.concatenate([drawn for _, drawn in own.blocks()])
    assert found.shape == (11, 5 if joint else 3)
    assert (found.sum(axis=1) == found.shape[1]).all()
    assert own.units(found).tolist() == found[:, np.arange(6) // 2].tolist()


def test_what_is_held_in_memory_is_what_is_drawn_again(monkeypatch):
    held = [drawn for _, drawn in redrawn(independent(9, 0), 9).blocks()]
    monkeypatch.setattr(redraws, "HELD", 0)
    again = redrawn(independent(9, 0), 9)
    for _ in range(2):
        assert np.array_equal(np.concatenate([drawn for _, drawn in again.blocks()]), np.concatenate(held))
    other = np.concatenate([drawn for _, drawn in redrawn(independent(9, 0), 9, seed=6).blocks()])
    assert not np.array_equal(other, np.concatenate(held))


def test_refits_are_those_of_the_units_drawn():
    own = redrawn(independent(9, 0), 9)
    drawn = np.concatenate([v for _, v in own.blocks()])
    assert own.refitted[0].moved[:, 0] == pytest.approx(drawn @ np.arange(9) / 9.0, rel=1e-12)
    assert own.once[0].moved[0, 0] == pytest.approx(4.0)
    assert own.scatter is None


def test_fewer_columns_are_those_that_are_kept():
    whole = redrawn(independent(9, 0), 9)
    assert Redraw(whole, 2, ((1, 0), (2, 0), (1, 1))).with_columns([2, 0]).columns == ((1, 1), (1, 0))
