from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import stdtrit

from service.calibration.partial_pooling import pooled

Y = np.array([0.3, 1.1, -0.2, 0.6, 0.9])
V = np.array([0.04, 0.2, 0.09, 0.01, 0.5])
DF = np.array([9.0, 5.0, 20.0, 40.0, 4.0])


def by_quadrature(y: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of every theta_g by adaptive quadrature over sqrt(A)."""

    def parts(s: float) -> tuple[float, np.ndarray, np.ndarray]:
        w = 1.0 / (v + s * s)
        mean = (w * y).sum() / w.sum()
        level = np.sqrt(w.prod() / w.sum()) * np.exp(-0.5 * (w * (y - mean) ** 2).sum()) * 2.0 * s
        kept = v * w
        return level, (1 - kept) * y + kept * mean, v * (1 - kept) + kept**2 / w.sum()

    def mean_of(f) -> float:
        return quad(f, 0.0, 2.0, limit=400)[0] + quad(f, 2.0, inf, limit=400)[0]

    total = mean_of(lambda s: parts(s)[0])
    at = [mean_of(lambda s, g=g: parts(s)[0] * parts(s)[1][g]) / total for g in range(len(y))]
    square = [
        mean_of(lambda s, g=g: parts(s)[0] * (parts(s)[2][g] + (parts(s)[1][g] - at[g]) ** 2)) / total
        for g in range(len(y))
    ]
    return np.array(at), np.array(square)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_estimates_and_variances_are_those_of_adaptive_quadrature(scale: float) -> None:
    y = Y * scale**0.5
    found, (mean, variance) = pooled(y, V, DF), by_quadrature(y, V)
    assert found.estimate == pytest.approx(mean, rel=1e-6)
    assert found.variance == pytest.approx(variance, rel=1e-6)


def test_shift_and_scale_carry_over() -> None:
    one, other = pooled(Y, V, DF), pooled(1e3 + 1e5 * Y, 1e10 * V, DF)
    assert other.estimate == pytest.approx(1e3 + 1e5 * one.estimate, rel=1e-9)
    assert other.variance == pytest.approx(1e10 * one.variance, rel=1e-9)
    assert (other.df, other.shrinkage) == (pytest.approx(one.df), pytest.approx(one.shrinkage))


def test_everybody_moves_towards_the_others_and_the_least_precise_most() -> None:
    found = pooled(Y, V, DF)
    assert np.all((found.shrinkage > 0.0) & (found.shrinkage < 1.0))
    assert np.argsort(found.shrinkage).tolist() == np.argsort(V).tolist()
    assert np.all(found.variance < V * 1.05)


def test_subgroups_far_apart_keep_their_own() -> None:
    y = np.array([0.0, 100.0, 250.0, -80.0])
    found = pooled(y, np.full(4, 0.01), np.full(4, 9.0))
    assert found.estimate == pytest.approx(y, abs=1e-2)
    assert found.variance == pytest.approx(np.full(4, 0.01), rel=1e-2)
    assert found.df == pytest.approx(np.full(4, 9.0), rel=1e-2)


def test_known_variances_leave_a_normal_quantile() -> None:
    assert np.all(pooled(Y, V, [inf] * 5).df > 1e12)


@pytest.mark.unwatched
@pytest.mark.parametrize(("count", "between"), [(4, 0.0), (4, 0.3), (10, 0.0), (10, 0.3), (10, 1.0)])
def test_intervals_cover_on_average_over_subgroups(count: int, between: float) -> None:
    """Estimated variances of 5 to 15 humans; 700 replicates, Monte Carlo error below .004."""
    rng = np.random.default_rng([count, int(10 * between)])
    n = np.round(np.linspace(5, 15, count))
    covered = []
    gain = []
    for _ in range(700):
        truth = between * rng.normal(size=count)
        y = truth + rng.normal(size=count) / np.sqrt(n)
        found = pooled(y, rng.chisquare(n - 1) / (n - 1) / n, n - 1)
        covered.append(np.abs(found.estimate - truth) <= stdtrit(found.df, 0.975) * np.sqrt(found.variance))
        gain.append(((found.estimate - truth) ** 2).sum() / count - (1 / n).mean())
    assert np.mean(covered) > 0.937
    assert np.mean(gain) < 0.01
