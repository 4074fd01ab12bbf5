"""What each model is worth: the variance without it, and the price above which none of its answers is bought.

**Shapes** scalars, one model at a time.
**Units** prices in the caller's currency, variances in squared outcome units.
**Assumes** all other prices stay, the budget stays.
**Breaks** two models that can replace each other are each worth little, though together they are worth much.
**Raises** what allocation.py raises.
**Source** the dual of the design problem: sqrt(V) = max t'x with x'M_g x <= price of g (Elfving 1952; Pukelsheim 2006).
**Differs** found by solving at trial prices rather than from one optimum's multipliers, which leave the unbought
model's coordinate of x undetermined.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from service.calibration.designs.market import Market, best_variance, repriced, without_model

Gain = Callable[[float], float]
Trial = tuple[float, float]
"""A price, and by how much the model shortens the standard error at it."""

PAYS = 1e-8
"""Relative variance reduction below which a model is taken as not bought."""
PRICE_ACCURACY = 1e-5
MOST_TRIALS = 30


def variance_without(market: Market, model: int, budget: float) -> float:
    """Best variance for the budget when the model is not sold."""
    return best_variance(without_model(market, model), budget)


def break_even_price(market: Market, model: int, budget: float) -> float | None:
    """Price of one answer above which none is bought, to 1e-5 of it; None when it is not worth having for nothing.

    The standard error is concave in a price (it is the value of a maximisation whose limits the prices relax), so
    secants through paid prices stop short of the break-even and close in on it from below.
    """
    without = variance_without(market, model, budget)

    def gain(price: float) -> float:
        return 1 - math.sqrt(best_variance(repriced(market, model, price), budget) / without)

    paid = _two_paid_prices(gain, market.costs.llm[model], market.costs.human)
    return None if paid is None else _last_paid(gain, *paid)


def _two_paid_prices(gain: Gain, stated: float, human: float) -> tuple[Trial, Trial, float] | None:
    """Two prices at which the model is bought, each with its gain, and a price known to be too high (or infinity)."""
    high = math.inf
    first = stated or 1e-6 * human
    value = gain(first)
    while value <= PAYS:
        if first < 1e-9 * human:
            return None
        high, first = first, first / 10
        value = gain(first)
    second = first * 1.05
    while (reached := gain(second)) <= PAYS:
        high, second = second, 0.5 * (first + second)
        if second - first < PRICE_ACCURACY * first:
            return (first, value), (first, value), high
    return (first, value), (second, reached), high


def _last_paid(gain: Gain, earlier: Trial, last: Trial, high: float) -> float:
    """Secant steps from the two dearest prices still paid; halves the bracket should one be too dear."""
    for _ in range(MOST_TRIALS):
        fall = earlier[1] - last[1]
        trial = last[0] + last[1] * (last[0] - earlier[0]) / fall if fall > 0 else high
        trial = trial if trial < high else 0.5 * (last[0] + high)
        if not math.isfinite(trial):
            return last[0]
        if trial - last[0] <= PRICE_ACCURACY * last[0]:
            return trial
        reached = gain(trial)
        if reached > PAYS:
            earlier, last = last, (trial, reached)
        else:
            high = trial
    return last[0]
