from __future__ import annotations

import numpy as np
import pytest

from service.calibration.moments import of_columns
from service.calibration.pools import Members, of_moments, of_rows, weight
from service.calibration.sample import Units

RNG = np.random.default_rng(3)
UNKNOWN = np.full(2, np.nan)
A, B, ONLY = (RNG.normal(size=(2, n)) for n in (8, 9, 20))
WA, WB, WO = (RNG.gamma(2.0, 1.0, n) for n in (8, 9, 20))
MEMBERS = Members((0, 1), 0)


def units(c: np.ndarray, w: np.ndarray | None) -> Units:
    return Units(c, weight=w)


def test_equal_weights_give_the_moments_of_all_units() -> None:
    pool = of_moments(MEMBERS, [of_columns(c) for c in (A, B, ONLY)], UNKNOWN)
    whole = np.hstack([A, B, ONLY])
    assert pool.mean == pytest.approx(whole.mean(axis=1))
    assert pool.covariance == pytest.approx(np.cov(whole))
    assert (pool.size, pool.share(0), pool.share(None)) == (37, 1 / 37, 1 / 37)
    by_rows = of_rows(MEMBERS, [units(c, None) for c in (A, B, ONLY)], UNKNOWN, frame_weights=False)
    assert by_rows.mean == pytest.approx(pool.mean)
    assert by_rows.covariance == pytest.approx(pool.covariance)
    assert by_rows.size == pytest.approx(37)


def test_sources_are_balanced_by_their_kish_sizes() -> None:
    """All humans together, and the LLM-only units, each sum to their (sum w)^2 / sum w^2 before all are normalised."""
    pool = of_rows(MEMBERS, [units(A, 5 * WA), units(B, 5 * WB), units(ONLY, WO)], UNKNOWN, frame_weights=False)
    w = np.concatenate([WA, WB])
    human, only = w.sum() ** 2 / (w**2).sum(), WO.sum() ** 2 / (WO**2).sum()
    q = np.concatenate([w / w.sum() * human, WO / WO.sum() * only]) / (human + only)
    c = np.hstack([A, B, ONLY])
    size = 1 / (q @ q)
    assert np.concatenate([pool.share(0), pool.share(1), pool.share(None)]) == pytest.approx(q)
    assert pool.size == pytest.approx(size)
    assert size == pytest.approx(human + only)
    assert pool.mean == pytest.approx(c @ q)
    gap = c - (c @ q)[:, None]
    assert pool.covariance == pytest.approx((q * gap) @ gap.T * size / (size - 1))


def test_a_frame_keeps_its_weights() -> None:
    pool = of_rows(MEMBERS, [units(A, WA), units(B, WB), units(ONLY, WO)], UNKNOWN, frame_weights=True)
    q = np.concatenate([WA, WB, WO]) / (WA.sum() + WB.sum() + WO.sum())
    assert np.concatenate([pool.share(0), pool.share(1), pool.share(None)]) == pytest.approx(q)


def test_reach_is_the_influence_on_the_pools_mean() -> None:
    slope = np.array([0.5, -2.0])
    pool = of_rows(MEMBERS, [units(A, WA), units(B, WB), units(ONLY, WO)], UNKNOWN, frame_weights=False)
    assert pool.reach(B, slope, 1) == pytest.approx(pool.share(1) * (slope @ (B - pool.mean[:, None])))
    total = pool.reach(A, slope, 0).sum() + pool.reach(B, slope, 1).sum() + pool.reach(ONLY, slope, None).sum()
    assert total == pytest.approx(0.0, abs=1e-12)


def test_a_known_mean_is_taken_and_does_not_vary() -> None:
    known = np.array([0.3, np.nan])
    for pool in (
        of_moments(MEMBERS, [of_columns(c) for c in (A, B, ONLY)], known),
        of_rows(MEMBERS, [units(A, WA), units(B, WB), units(ONLY, WO)], known, frame_weights=False),
    ):
        assert pool.mean[0] == 0.3
        assert pool.sampling[0].tolist() == [0.0, 0.0]
        assert pool.sampling[1, 1] == pool.covariance[1, 1] > 0.0
        assert pool.estimated(np.array([3.0, 4.0])).tolist() == [0.0, 4.0]


def test_one_unit_has_no_covariance() -> None:
    pool = of_rows(Members((0,), None), [units(A[:, :1], WA[:1])], UNKNOWN, frame_weights=False)
    assert pool.covariance.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert of_moments(Members((0,), None), [of_columns(A[:, :1])], UNKNOWN).covariance.tolist() == [[0, 0], [0, 0]]


def test_units_without_weights_weigh_1() -> None:
    assert weight(units(A, None)).tolist() == [1.0] * 8
    assert weight(units(A, WA)) is WA
