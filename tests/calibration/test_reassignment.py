"""The vectorised statistics and bounds against explicit refits of every re-assignment."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest

from service.calibration import reassignment
from service.calibration.reassignment import (
    Dealt,
    Statistics,
    bounds,
    every_deal,
    random_deals,
    reassigned,
    statistics,
)

RNG = np.random.default_rng(8)
N = 9
Z = np.array([1.0] * 4 + [0.0] * 5)
C = RNG.normal(size=(N, 2))
Y = C @ [0.8, 0.3] + Z + RNG.normal(size=N)
REFERENCE = C.mean(axis=0)
ONE = np.ones((N, 1))
ADJUSTED = np.column_stack((ONE, C[:, :1] - REFERENCE[:1]))
UNITS = {
    "Welch": Dealt(Y, Z, (ONE, ONE), None),
    "adjusted": Dealt(Y, Z, (ADJUSTED, ADJUSTED), None),
    "adjusted in one arm": Dealt(Y, Z, (ONE, ADJUSTED), None),
    "clusters": Dealt(Y, Z, (ADJUSTED, ADJUSTED), np.array([0, 0, 1, 1, 2, 2, 2, 3, 3])),
}


def refit(units: Dealt, deal: np.ndarray, tau: float) -> tuple[float, float]:
    """Adjusted difference and squared error of y - tau Z under one deal, by least squares arm by arm."""
    outcome = units.y - tau * units.assignment
    effect = square = 0.0
    for arm, sign in ((0, 1.0), (1, -1.0)):
        mine = (deal == 1.0) if arm == 0 else (deal == 0.0)
        x, y = units.x[arm][mine], outcome[mine]
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        hat = x @ np.linalg.pinv(x)
        parts = (np.linalg.pinv(x)[0]) * (y - x @ beta) / np.sqrt(1.0 - np.diag(hat))
        if units.cluster is not None:
            parts = np.array([parts[units.cluster[mine] == g].sum() for g in np.unique(units.cluster[mine])])
        effect += sign * beta[0]
        square += float(parts @ parts)
    return effect, square


@pytest.mark.parametrize("kind", UNITS)
def test_the_pieces_are_those_of_a_refit_at_any_effect(kind: str) -> None:
    units = UNITS[kind]
    dealt = random_deals(Z, 40, np.random.default_rng(1))
    found = statistics(units, dealt)
    for tau in (-1.3, 0.0, 2.1):
        effect = found.effect - tau * found.slope
        square = found.square - 2.0 * tau * found.cross + tau**2 * found.curve
        expected = np.array([refit(units, deal, tau) for deal in dealt])
        assert effect == pytest.approx(expected[:, 0], rel=1e-9, abs=1e-9)
        assert square == pytest.approx(expected[:, 1], rel=1e-8, abs=1e-12)


def same(found: Statistics, expected: Statistics) -> bool:
    return all(getattr(found, f.name) == pytest.approx(getattr(expected, f.name)) for f in fields(Statistics))


def test_few_assignments_are_all_tried_and_many_are_drawn(monkeypatch) -> None:
    units = UNITS["adjusted"]
    every = statistics(units, every_deal(Z, 200))
    assert same(reassigned(units, comb(N, 4) - 1, np.random.default_rng(2)), every)
    expected = statistics(units, random_deals(Z, 50, np.random.default_rng(2)))
    assert same(reassigned(units, 50, np.random.default_rng(2)), expected)
    monkeypatch.setattr(reassignment, "CELLS", 100)  # several chunks
    assert same(reassigned(units, 50, np.random.default_rng(2)), expected)
    drawn = reassigned(units, 300, np.random.default_rng(2), exhaustive=False)
    assert drawn.effect.shape == (300,)


def test_clusters_are_dealt_as_wholes() -> None:
    units = UNITS["clusters"]
    wholes = [[g in dealt for g in units.cluster] for dealt in combinations(range(4), 2)][1:]
    assert same(reassigned(units, 10, np.random.default_rng(2)), statistics(units, np.array(wholes, dtype=float)))


def test_the_data_have_no_curvature() -> None:
    own = statistics(UNITS["adjusted"], Z[None])
    assert [own.slope[0], own.cross[0], own.curve[0]] == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)


def test_every_deal_but_the_data_or_none() -> None:
    dealt = every_deal(Z, comb(N, 4) - 1)
    assert dealt.shape == (comb(N, 4) - 1, N)
    assert {tuple(np.flatnonzero(d)) for d in dealt} == set(combinations(range(N), 4)) - {(0, 1, 2, 3)}
    assert every_deal(Z, comb(N, 4) - 2) is None


def test_random_deals_keep_the_numbers_and_reach_every_unit() -> None:
    dealt = random_deals(Z, 3000, np.random.default_rng(0))
    assert set(dealt.sum(axis=1)) == {4.0}
    assert dealt.mean(axis=0) == pytest.approx(np.full(N, 4 / 9), abs=5 * sqrt(4 / 9 * 5 / 9 / 3000))


@pytest.mark.unwatched
@pytest.mark.parametrize("kind", ["Welch", "adjusted", "adjusted in one arm"])
def test_bounds_are_where_the_refitted_deal_becomes_as_extreme(kind: str) -> None:
    """All 125 deals, each refitted at every effect of a grid: extreme from its first grid point on."""
    units = UNITS[kind]
    dealt = every_deal(Z, 200)
    own_effect, own_square = refit(units, Z, 0.0)
    lower, upper = bounds(statistics(units, dealt), own_effect, sqrt(own_square))
    grid = own_effect + sqrt(own_square) * np.linspace(-7.9, 7.9, 80)
    t = np.array([[(e / sqrt(q)) for e, q in (refit(units, deal, tau) for deal in dealt)] for tau in grid])
    own = (own_effect - grid)[:, None] / sqrt(own_square)
    above = np.maximum.accumulate(t >= own - 1e-9, axis=0).sum(axis=1)
    below = np.maximum.accumulate((t <= own + 1e-9)[::-1], axis=0)[::-1].sum(axis=1)
    assert np.searchsorted(lower, grid, side="right").tolist() == above.tolist()
    assert (len(upper) - np.searchsorted(upper, grid, side="left")).tolist() == below.tolist()


def test_a_deal_equal_to_the_data_is_as_extreme_everywhere() -> None:
    units = UNITS["adjusted"]
    own = statistics(units, Z[None])
    lower, upper = bounds(own, float(own.effect[0]), sqrt(own.square[0]))
    assert (lower[0], upper[0]) == (-np.inf, np.inf)


def test_ties_are_as_extreme() -> None:
    """Yes/no answers: deals that tie with the data at no effect count there, and just above."""
    y = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    units = Dealt(y, Z, (ONE, ONE), None)
    dealt = every_deal(Z, 200)
    own_effect, own_square = refit(units, Z, 0.0)
    lower, _ = bounds(statistics(units, dealt), own_effect, sqrt(own_square))
    successes = dealt @ y
    assert np.searchsorted(lower, 0.0, side="right") == (successes >= 3.0).sum()


def test_a_deal_that_is_never_as_extreme_has_no_bound() -> None:
    never = Statistics(*(np.array([v]) for v in (-1e9, 0.0, 1.0, 0.0, 1e-30)))
    lower, upper = bounds(never, 0.0, 1.0)
    assert (lower[0], upper[0]) == (np.inf, np.inf)


def test_strata_add_with_their_shares() -> None:
    first, second = (statistics(UNITS[k], Z[None]) for k in ("Welch", "adjusted"))
    both = first.weighed(0.25).plus(second.weighed(0.75))
    assert both.effect == pytest.approx(0.25 * first.effect + 0.75 * second.effect)
    assert both.slope == pytest.approx(0.25 * first.slope + 0.75 * second.slope)
    for name in ("square", "cross", "curve"):
        one, two = getattr(first, name), getattr(second, name)
        assert getattr(both, name) == pytest.approx(0.0625 * one + 0.5625 * two)
