"""Estimate, interval and p-value of one arm's quantile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from service.calibration.quantiles.counts import Levels, human_only
from service.calibration.quantiles.distribution import Curve
from service.calibration.quantiles.inversion import Inversion, invert


def humans(y: np.ndarray) -> Curve:
    """The humans' own distribution function."""
    distinct, counts = np.unique(y, return_counts=True)
    levels = human_only(np.cumsum(counts)[:-1].astype(float), len(y))
    return Curve(distinct[:-1], distinct[1:], levels, len(y), float(distinct[-1]))


def brute(curve: Curve, q: float, level: float) -> tuple[float, float]:
    """The hull of the accepted thresholds, the right end at the next one, infinite where it is the outermost."""
    z = (curve.levels.share - q) / np.sqrt(curve.variance_at(q))
    accepted = np.flatnonzero(np.abs(z) <= stats.t.ppf((1 + level) / 2, curve.levels.df))
    low = -np.inf if accepted[0] == 0 else curve.thresholds[accepted[0]]
    return low, np.inf if accepted[-1] == len(z) - 1 else curve.after[accepted[-1]]


@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("n", [12, 50, 301])
def test_humans_alone_give_the_order_statistic_and_the_hull_of_what_is_accepted(n: int, q: float) -> None:
    y = np.random.default_rng(n).lognormal(size=n)
    found = invert(humans(y), q, None, normal=False)
    assert found.value == np.quantile(y, q, method="inverted_cdf")
    low, high = brute(humans(y), q, 0.95)
    assert found.bound(0.025, "lower") == (None if low == -np.inf else low)
    assert found.bound(0.025, "upper") == (None if high == np.inf else high)


def test_the_median_of_ten_has_the_sign_tests_interval() -> None:
    """|i/10 - .5| <= t_9 sqrt(.25/10) = .358 accepts i = 2..8: [y_2, y_9], the exact 97.9 % interval."""
    found = invert(humans(np.arange(1.0, 11.0)), 0.5, None, normal=False)
    assert (found.value, found.bound(0.025, "lower"), found.bound(0.025, "upper")) == (5.0, 2.0, 9.0)


def test_ties_are_data_like_any_other() -> None:
    y = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], [10, 30, 80, 60, 20])
    found = invert(humans(y), 0.5, None, normal=False)
    assert (found.value, found.bound(0.025, "lower"), found.bound(0.025, "upper")) == (3.0, 3.0, 3.0)
    assert found.error == 0.0
    edge = invert(humans(y), 0.62, None, normal=False)
    assert (edge.value, edge.bound(0.025, "lower"), edge.bound(0.025, "upper")) == (4.0, 3.0, 4.0)


def test_open_ends_close_at_the_stated_bounds() -> None:
    y = np.repeat([1.0, 2.0, 3.0], [50, 30, 20])
    free, bounded = (invert(humans(y), 0.25, b, normal=False) for b in (None, (1.0, 3.0)))
    assert (free.value, free.bound(0.025, "lower"), free.bound(0.025, "upper")) == (1.0, None, 1.0)
    assert (bounded.bound(0.025, "lower"), bounded.bound(0.025, "upper")) == (1.0, 1.0)
    assert (bounded.tail(0.9, "lower"), bounded.tail(3.1, "upper")) == (0.0, 0.0)
    assert free.tail(0.9, "lower") == free.tail(1.0, "lower") > 0.1


def test_a_quantile_beyond_all_shares_is_the_largest_answer() -> None:
    curve = humans(np.arange(10.0))
    low = Curve(curve.thresholds, curve.after, replace(curve.levels, share=curve.levels.share - 0.5), 10, 9.0)
    found = invert(low, 0.6, None, normal=False)
    assert (found.value, found.at) == (9.0, 8)
    assert found.bound(0.01, "upper") is None


def test_no_variance_decides_alone() -> None:
    curve = humans(np.arange(5.0))
    flat = Curve(curve.thresholds, curve.after, replace(curve.levels, variance=np.zeros(4)), 5, 4.0)
    found = invert(flat, 0.4, None, normal=False)
    assert (found.value, found.bound(0.4, "lower"), found.bound(0.4, "upper"), found.error) == (1.0, 1.0, 2.0, 0.5)
    between = invert(flat, 0.5, None, normal=False)
    assert (between.value, between.bound(0.4, "lower"), between.bound(0.4, "upper")) == (2.0, 2.0, 2.0)


def test_the_standard_error_is_half_the_width_at_one_standard_error() -> None:
    y = np.random.default_rng(1).normal(size=410)
    found = invert(humans(y), 0.5, None, normal=False)
    ordered, reach = np.sort(y), 0.5 / np.sqrt(410)
    low, high = ordered[int(np.ceil(410 * (0.5 - reach))) - 1], ordered[int(np.floor(410 * (0.5 + reach)))]
    assert found.error == pytest.approx((high - low) / 2, rel=1e-12)
    few = invert(humans(np.arange(4.0)), 0.85, None, normal=False)
    assert few.error == (3.0 - 2.0) / 2


def test_normal_tails() -> None:
    y = np.random.default_rng(3).normal(size=12)
    normal, student = (invert(humans(y), 0.5, None, normal=n) for n in (True, False))
    z = (humans(y).levels.share[3] - 0.5) / np.sqrt(0.25 / 12)
    assert normal.tail(humans(y).thresholds[3], "lower") == pytest.approx(stats.norm.cdf(z), rel=1e-12)
    assert student.tail(humans(y).thresholds[3], "lower") == pytest.approx(stats.t.cdf(z, 11), rel=1e-12)


@st.composite
def curves(draw) -> tuple[Curve, float]:
    """Any distribution function, rising or not, with ties of thresholds' shares."""
    n = draw(st.integers(3, 25))
    y = np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n).filter(lambda v: len(set(v)) > 1)), float)
    base = humans(y)
    size = len(base.thresholds)
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    share = base.levels.share + rng.choice([0.0, 0.2], size) * rng.normal(size=size)
    variance = base.levels.variance * rng.uniform(0.2, 2.0, size) * rng.choice([0.0, 1.0], size, p=[0.1, 0.9])
    levels = Levels(share, variance, rng.uniform(1.0, 40.0, size), base.levels.human)
    return Curve(base.thresholds, base.after, levels, n, base.last), draw(st.sampled_from([0.1, 0.25, 0.5, 0.8]))


@pytest.mark.unwatched
@settings(max_examples=300, deadline=None, derandomize=True)
@given(curves(), st.floats(0.001, 0.999), st.integers(-4, 30), st.booleans())
def test_a_value_is_outside_exactly_when_its_tail_is_smaller(
    case: tuple[Curve, float], tail: float, twice: int, bounded: bool
) -> None:
    found: Inversion = invert(*case, (0.0, 12.0) if bounded else None, normal=False)
    value = twice / 2
    low, high = found.bound(tail, "lower"), found.bound(tail, "upper")
    assert (low is not None and value < low) == (found.tail(value, "lower") < tail)
    assert (high is not None and value > high) == (found.tail(value, "upper") < tail)
    for edge in (found.tail(value, "lower"), found.tail(value, "upper")):
        if 0.0 < edge < 1.0:
            low, high = found.bound(edge, "lower"), found.bound(edge, "upper")
            assert (low is not None and value < low) == (found.tail(value, "lower") < edge)
            assert (high is not None and value > high) == (found.tail(value, "upper") < edge)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(curves())
def test_intervals_hold_the_estimate_and_widen_with_the_level(case: tuple[Curve, float]) -> None:
    found = invert(*case, None, normal=False)
    tails = np.array([0.001, 0.01, 0.1, 0.25, 0.5])
    low, high = found.bounds(tails, "lower"), found.bounds(tails, "upper")
    assert np.all(low[1:] >= low[:-1])
    assert np.all(high[1:] <= high[:-1])
    assert low[-1] <= found.value <= high[-1]
    assert np.isfinite([found.value, found.error, found.df]).all()
    assert found.error >= 0.0


def test_shifting_moves_values_and_ends_only() -> None:
    found = invert(humans(np.arange(30.0)), 0.5, None, normal=False)
    moved = found.shifted(100.0)
    assert (moved.value, moved.bound(0.1, "lower")) == (found.value + 100.0, found.bound(0.1, "lower") + 100.0)
    assert (moved.error, moved.tails("lower").tolist()) == (found.error, found.low_tails.tolist())
    assert moved.tails("upper").tolist() == found.high_tails.tolist()
