from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from service.calibration.isotonic import PASSES, monotone, pooled

WEIGHTED = st.lists(st.tuples(st.integers(-6, 6), st.floats(0.1, 9.0)), min_size=1, max_size=40)


def largest_means(means: np.ndarray, weight: np.ndarray) -> list[float]:
    """max over starts a <= i of min over ends b >= i of the mean of a..b, by brute force."""
    n = len(means)

    def mean(a: int, b: int) -> float:
        return float(np.average(means[a : b + 1], weights=weight[a : b + 1]))

    return [max(min(mean(a, b) for b in range(i, n)) for a in range(i + 1)) for i in range(n)]


@settings(max_examples=60)
@given(WEIGHTED)
def test_pooling_is_the_max_min_formula(points: list[tuple[int, float]]) -> None:
    means, weight = np.array([float(m) for m, _ in points]), np.array([w for _, w in points])
    assert pooled(means, weight) == pytest.approx(largest_means(means, weight), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 500, 20_000])
def test_random_data_are_scipys(n: int) -> None:
    rng = np.random.default_rng(n)
    means, weight = np.linspace(0.0, 1.0, n) + rng.standard_normal(n), rng.uniform(0.2, 3.0, n)
    assert pooled(means, weight) == pytest.approx(isotonic_regression(means, weights=weight).x, abs=1e-10)


def test_data_that_need_a_pass_per_point_are_finished_one_by_one() -> None:
    """Every pass pools the last two blocks only."""
    n = 4 * PASSES
    means = np.arange(n, dtype=np.float64)
    means[-1] = -1e6
    assert pooled(means, np.ones(n)) == pytest.approx(isotonic_regression(means).x, rel=1e-12)
    again = np.tile(means, 3)
    assert pooled(again, np.ones(3 * n)) == pytest.approx(isotonic_regression(again).x, rel=1e-12)


def test_ties_share_their_weighted_mean_and_the_ends_are_flat() -> None:
    x, y, w = np.array([2.0, 1.0, 2.0, 5.0]), np.array([4.0, 1.0, 1.0, 9.0]), np.array([1.0, 1.0, 2.0, 1.0])
    found = monotone(x, y, w)
    assert found.points.tolist() == [1.0, 2.0, 5.0]
    assert found.values == pytest.approx([1.0, 2.0, 9.0])
    assert found.at(np.array([-7.0, 1.5, 3.5, 80.0])) == pytest.approx([1.0, 1.5, 5.5, 9.0])


def test_it_falls_where_the_correlation_is_negative() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(60)
    y, w = -x + rng.standard_normal(60), rng.uniform(0.5, 2.0, 60)
    found = monotone(x, y, w)
    assert (np.diff(found.values) <= 0.0).all()
    assert found.values[0] > found.values[-1]
    assert found.at(x) == pytest.approx(-monotone(x, -y, w).at(x), abs=1e-12)
    assert found.at(x) == pytest.approx(monotone(7.0 - 2.0 * x, y, w).at(7.0 - 2.0 * x), abs=1e-12)


def test_without_a_correlation_it_is_constant() -> None:
    found = monotone(np.array([-1.0, 0.0, 1.0]), np.array([1.0, -2.0, 1.0]), np.ones(3))
    assert found.at(np.array([-3.0, 0.5])) == pytest.approx([0.0, 0.0])
    assert monotone(np.full(4, 2.0), np.arange(4.0), np.ones(4)).at(np.array([9.0])) == pytest.approx([1.5])
