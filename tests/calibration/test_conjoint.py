"""Restricted combinations: when they are seen, which interactions enter, with what shares."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.conjoint import attributes, expanded, with_interactions
from tests.calibration.conjoints import conjoint, design


def made(seed: int, banned: tuple = ((2, 1),)):
    of = conjoint(seed, banned=banned)
    return of, with_interactions(design(of), np.ones(of.human.sum()))


def test_attributes_are_groups_of_terms_with_their_baseline() -> None:
    found = attributes(design(conjoint(1)))
    assert [a.levels for a in found] == [
        ("education=none", "education=college", "education=school"),
        ("job=waiter", "job=doctor", "job=nurse"),
        ("sex=f", "sex=m"),
    ]
    assert all((a.shown.sum(axis=0) == 1.0).all() for a in found)


def test_only_restricted_attributes_interact() -> None:
    _, found = made(2)
    names = [(found.names[a], found.names[b]) for a, b in found.products]
    assert names == [
        ("education=college", "job=doctor"),
        ("education=school", "job=doctor"),
        ("education=school", "job=nurse"),
    ]


def test_shares_are_of_the_profiles_that_go_with_level_and_baseline() -> None:
    of, found = made(3)
    job = of.shown[1][of.human]
    college = found.shares[found.names.index("education=college")]
    school = found.shares[found.names.index("education=school")]
    assert college[0] == pytest.approx((job == 2).sum() / (job != 1).sum(), rel=1e-12)
    assert school[1:] == pytest.approx([(job == 2).mean(), (job == 1).mean()], rel=1e-12)
    assert not found.shares[[0, 5]].any()


def test_a_banned_baseline_costs_one_interaction() -> None:
    """Nobody is uneducated and a doctor: of the doctors' two interactions one is told from the other."""
    _, found = made(4, banned=((0, 2),))
    assert len(found.products) == 3


def test_centred_interactions_leave_predictions_alone() -> None:
    of, found = made(5)
    wide = expanded(found)
    assert wide.x.shape[0] == 6 + 3 == len(wide.names) == len(wide.keys)
    products = np.array([found.x[a] * found.x[b] for a, b in found.products])
    rank = np.linalg.matrix_rank(np.concatenate((found.x, products, wide.x)))
    assert rank == 9
    assert expanded(design(of)).x is design(of).x or np.array_equal(expanded(design(of)).x, design(of).x)
