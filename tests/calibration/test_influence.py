"""Fits as values: what stands for a unit, what is reported, fits side by side and apart, leverage of several scores."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.influence import Fitted, inner, side_by_side


def fit(seed: int, names: tuple[str, ...], scores: int = 1, n: int = 9) -> Fitted:
    rng, k = np.random.default_rng(seed), len(names)
    rows = np.linalg.qr(rng.standard_normal((scores * n, k)))[0].T.reshape(k, scores, n)
    influence = rng.standard_normal((k, n))
    return Fitted(names, rng.standard_normal(k), influence, np.moveaxis(rows, 0, 1), np.eye(k) + seed)


def test_fits_side_by_side_come_apart_again() -> None:
    first, second = fit(1, ("a", "b")), fit(2, ("c",))
    both = side_by_side((first, second), (1, 2))
    assert both.names == ("a", "b", "c")
    assert both.root[:2, 2:].tolist() == [[0.0], [0.0]]
    for part, whole in zip(both.parts(), (first, second), strict=True):
        assert part.names == whole.names
        assert part.places == tuple(range(len(whole.names)))
        for name in ("theta", "influence", "factor", "root"):
            assert np.array_equal(getattr(part, name), getattr(whole, name))


def test_what_is_reported() -> None:
    assert fit(1, ("a", "b")).places == (0, 1)
    assert side_by_side((fit(1, ("a", "b")), fit(2, ("c",))), (1, 2)).places == (1, 2)


def test_rows_that_stand_for_units() -> None:
    whole, rows = fit(3, ("a", "b")), np.array([0, 4, 7])
    found = whole.of(rows)
    assert np.array_equal(found.influence, whole.influence[:, rows])
    assert found.leverage == pytest.approx(whole.leverage[rows])
    assert np.array_equal(found.theta, whole.theta)


def test_leverage_of_several_scores_is_the_largest_share() -> None:
    found = fit(4, ("a", "b", "c"), scores=2)
    for i, largest in enumerate(found.leverage):
        own = found.factor[:, :, i].T
        assert largest == pytest.approx(np.linalg.eigvalsh(own @ own.T)[-1], rel=1e-9)
        assert inner(found.factor)[i] == pytest.approx(own.T @ own)


def test_leverage_without_a_factor() -> None:
    bare = Fitted(("a",), np.zeros(1), np.ones((1, 4)))
    assert bare.leverage.tolist() == [0.0] * 4
    assert bare.of(np.array([1])).factor is None
