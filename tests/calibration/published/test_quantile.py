from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtri

from service.calibration.published.quantile import inverted, p_value, quantile, rectified

QS = (0.1, 0.5, 0.73)


def drawn(seed: int, n: int = 40, m: int = 90, *, digits: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, m])
    latent, only = rng.normal(size=n), rng.normal(size=m)
    values = (latent + rng.normal(size=n), latent + 0.5 * rng.normal(size=n), only + 0.5 * rng.normal(size=m))
    return tuple(np.round(v, digits) for v in values)


def brute(rows, q, level):
    """Every value tried in turn, with indicator columns."""
    y, f, only = rows
    accepted, distance = [], {}
    for t in sorted({*y, *f, *only}):
        shift, part = (y <= t).astype(float) - (f <= t), (only <= t).astype(float)
        distance[t] = part.mean() + shift.mean() - q
        error = np.sqrt(part.var() / len(only) + shift.var() / len(y))
        if abs(distance[t]) < -ndtri((1 - level) / 2) * error:
            accepted.append(t)
    nearest = min(abs(d) for d in distance.values())
    return next(t for t, d in distance.items() if abs(d) <= nearest + 1e-12), accepted


@pytest.mark.parametrize("digits", [12, 1, 0])
def test_point_and_interval_are_those_of_every_value_tried(digits):
    refused = 0
    for seed in range(40):
        rows = drawn(seed, digits=digits)
        for q in QS:
            point, accepted = brute(rows, q, 0.9)
            fit = quantile(rows, q, 0.9)
            assert (fit.estimate, fit.accepted) == (point, len(accepted))
            if accepted:
                assert (fit.lower, fit.upper) == (accepted[0], accepted[-1])
            refused += not accepted
    assert (refused > 0) is (digits == 0)


def test_ratings_that_jump_over_q_give_the_value_of_the_jump():
    y, only = np.repeat([1.0, 2.0, 4.0], [20, 160, 20]), np.repeat([1.0, 2.0, 4.0], [100, 800, 100])
    fit = quantile((y, y, only), 0.5, 0.95)
    assert (fit.estimate, fit.lower, fit.upper, fit.accepted) == (1.0, 2.0, 2.0, 0)


def test_a_jump_at_the_smallest_value():
    ones = np.ones(30)
    fit = quantile((ones, ones, ones), 0.5, 0.95)
    assert (fit.estimate, fit.lower, fit.upper, fit.accepted) == (1.0, 1.0, 1.0, 0)


def test_a_function_that_falls_gives_the_hull_of_its_jumps():
    """F is 0, 1, 0, 1: above q first at the second value, for good at the last."""
    y, f, only = np.full(40, 1.0), np.full(40, 3.0), np.repeat([2.0, 4.0], [1, 39])
    grid, distance, _ = rectified(y, f, only, 0.5)
    assert (grid.tolist(), np.sign(distance).tolist()) == ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, -1.0, 1.0])
    fit = quantile((y, f, only), 0.5, 0.5)
    assert (fit.lower, fit.upper, fit.accepted) == (1.0, 4.0, 0)


def test_equally_good_values_give_the_smallest():
    """Half below the first, half at the second: .4 and .6 are equally far from .5, whatever rounding says."""
    y = np.repeat([1.0, 2.0, 3.0], [4, 2, 4])
    assert quantile((y, y, y), 0.5, 0.95).estimate == 1.0
    assert quantile((np.tile(y, 7), np.tile(y, 7), np.tile(y, 49)), 0.5, 0.95).estimate == 1.0


def test_units_are_the_outcomes():
    rows = drawn(3)
    fit, moved = quantile(rows, 0.5, 0.9), quantile(tuple(4.0 * v - 1.0 for v in rows), 0.5, 0.9)
    assert (moved.estimate, moved.lower, moved.upper) == tuple(
        4.0 * v - 1.0 for v in (fit.estimate, fit.lower, fit.upper)
    )


def test_a_wider_level_gives_a_wider_interval():
    fits = [quantile(drawn(4), 0.5, level) for level in (0.5, 0.8, 0.9, 0.99)]
    assert all(b.lower <= a.lower and b.upper >= a.upper for a, b in pairwise(fits))
    assert fits[0].upper - fits[0].lower < fits[-1].upper - fits[-1].lower


@pytest.mark.parametrize("digits", [12, 1])
def test_a_value_is_outside_an_interval_exactly_when_its_p_value_is_below_the_error(digits):
    for seed in range(10):
        function = rectified(*drawn(seed, digits=digits), 0.4)
        values = [
            *function[0],
            *(function[0][:-1] + function[0][1:]) / 2.0,
            function[0][0] - 1.0,
            function[0][-1] + 1.0,
        ]
        for level in (0.2, 0.5, 0.8, 0.95):
            fit = inverted(function, level)
            if fit.accepted:
                outside = [bool(v < fit.lower or v > fit.upper) for v in values]
                assert [p_value(function, v) < 1.0 - level for v in values] == outside
    assert (p_value(function, -99.0), p_value(function, 99.0)) == (0.0, 0.0)


def test_memory_grows_with_the_number_of_units():
    rows = drawn(5, 5_000, 100_000)
    tracemalloc.start()
    quantile(rows, 0.5, 0.95)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 105_000  # bytes: a matrix of indicators would be 80 GB
