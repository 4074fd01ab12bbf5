from __future__ import annotations

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest

from service.calibration.capital import Capital, bets

RNG = np.random.default_rng(4)
Y = (RNG.random(40) < 0.5) * 0.9 + 0.05
F = np.clip(Y + 0.1 * RNG.normal(size=40), 0.0, 1.0)
REFERENCE = RNG.uniform(0.4, 0.6, size=40)
BLOCK = np.where(np.arange(40) < 35, 3, 0)
PLACED = bets(Y, F, REFERENCE, BLOCK)
CAPITAL = Capital.against(PLACED.x, PLACED.reach)


def slow(x, reach, mean: float) -> float:
    """The largest capital of one-sided bets against a mean of at most ``mean``, bet by bet."""
    n, capital, most = len(x), 1.0, 1.0
    squares, total = 0.25, 0.5
    for i in range(n):
        bet = sqrt(2.0 * log(1.0 / 0.025) / (n * squares / (i + 1)))
        capital *= 1.0 + min(bet, 0.75 / (mean + reach[i])) * (x[i] - mean)
        most = max(most, capital)
        total += x[i]
        squares += (x[i] - total / (i + 2)) ** 2
    return most


def test_adjusted_outcomes_use_slopes_from_earlier_units_only() -> None:
    """Unit by unit: the share of the best slope so far with the smallest expected distance from mean to bound."""
    goal = log(1.0 / 0.025)
    for i in range(40):
        y, f = Y[:i], F[:i]
        own = float(y.var()) if i else 0.0
        spread = float(f.var()) * (1.0 + 1.0 / max(BLOCK[i], 1)) if i else 0.0
        covariance = float(((y - y.mean()) * (f - f.mean())).mean()) if i else 0.0
        prior = 0.25 / (i + 1)
        best = min(1.0, max(-1.0, covariance / (spread + prior))) if BLOCK[i] else 0.0
        distances = []
        for slope in (best * k / 8 for k in range(9)):
            variance = own - 2.0 * slope * covariance + slope**2 * spread + prior
            bet = min(sqrt(2.0 * goal / (40 * variance)), 0.75 / (0.5 + abs(slope)))
            distances.append((goal / (40 * bet) + bet * variance / 2.0, slope))
        slope = min(distances, key=lambda pair: pair[0])[1]
        assert PLACED.x[i] == pytest.approx(Y[i] - slope * (F[i] - REFERENCE[i]), abs=1e-12)
        assert PLACED.reach[i] == pytest.approx(abs(slope), abs=1e-12)
    assert PLACED.reach.max() > 0.2


@pytest.mark.parametrize("mean", [0.05, 0.3, 0.45, 0.6, 0.95])
def test_p_values_are_those_of_a_slow_loop(mean: float) -> None:
    assert CAPITAL.tail(mean) == pytest.approx(1.0 / slow(PLACED.x, PLACED.reach, mean), rel=1e-12)


def test_the_bound_is_where_the_p_value_reaches_the_tail() -> None:
    for tail in (1e-6, 0.01, 0.05, 0.5):
        bound = CAPITAL.bound(tail)
        assert CAPITAL.tail(bound) >= tail
        assert CAPITAL.tail(bound - 1e-9) < tail


def test_the_capital_falls_as_the_mean_rises() -> None:
    tails = [CAPITAL.tail(m) for m in np.linspace(0.0, 1.0, 500)]
    assert all(a <= b for a, b in pairwise(tails))


def test_means_outside_0_and_1() -> None:
    assert [CAPITAL.tail(m) for m in (-0.1, 1.0, 1.5)] == [0.0, 1.0, 1.0]
    nothing = Capital.against(np.zeros(5), np.zeros(5))
    assert nothing.bound(0.05) == 0.0
    everything = Capital.against(np.full(400, 1.4), np.full(400, 0.5))  # beyond 1: rules out every mean below it
    assert everything.bound(0.05) == pytest.approx(1.0)
    assert exp(-everything.logs[-1]) == 1.0
