"""Weights: how a fixed error rate is spread over hypotheses by what LLMs let one expect, before any human number.

Formula: thresholds t_1..t_J maximise the expected discoveries sum_i P(p_i <= t_i) for their mean t:
    LR_i(c) = exp(c^2/2 - (c^2 + m_i^2)/(2 v_i)) cosh(c m_i/v_i)/sqrt(v_i) = lambda at c = c_i, t_i = 2 Phi(-c_i)
    (m shift, v variance), for LR_i, the gain of power by threshold, rises in c, so power is concave in t;
    holm: t = error_rate/J; benjamini_hochberg: the largest t <= error_rate max(1/J, mean power), what it will reach
    weight_i = least + (1 - least) t_i/t, mean 1
Shapes: J hypotheses. Units: none.
Assumes: nothing that the error rate rests on; it holds for any weights that do not depend on the humans' p-values.
Breaks: a worthless LLM divides thresholds by at most 1/least. Effects expected beyond doubt get little weight: they
need none, and lose at most the same factor.
Raises: nothing.
Source: Genovese, Roeder & Wasserman (2006), Biometrika 93:509-524; Roeder & Wasserman (2009), Statistical Science
24:398-413 (weights for known effects); Dobriban, Fortney, Kim & Owen (2015), Biometrika 102:753-766, arXiv 1504.02935
(uncertain effects).
Differs: those are one-sided; two-sided tests make the problem concave whatever t. The mixture with 1 is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
from scipy.special import ndtr

from service.calibration.moments import FloatArray
from service.calibration.screenings.expectation import Expectation

Multiplicity = Literal["benjamini_hochberg", "holm"]
LEAST_WEIGHT = 0.2
FARTHEST = 37.0  # critical values beyond have no p-value that is a normal number
CLOSE, STEPS = 1e-9, 30


@dataclass(frozen=True, slots=True)
class Rule:
    """What the weights are for: the procedure, its error rate, the least weight (1: all weights are 1)."""

    multiplicity: Multiplicity
    error_rate: float
    least_weight: float = LEAST_WEIGHT


def weights(expected: Expectation, rule: Rule) -> FloatArray:
    """Weights (J,) with mean 1, none below ``rule.least_weight``; from LLM evidence alone."""
    if rule.least_weight >= 1.0:
        return np.ones_like(expected.shift)
    best = optimal_thresholds(expected, rule)
    mixed = rule.least_weight + (1.0 - rule.least_weight) * best / best.mean()
    return np.asarray(mixed / mixed.mean())


def optimal_thresholds(expected: Expectation, rule: Rule) -> FloatArray:
    """Thresholds (J,) of p-values that expect the most discoveries; equal where no LLM evidence tells them apart."""
    count = expected.shift.shape[0]
    gain = Gain(expected)
    low, high = float(gain.log_ratio(np.zeros(count)).min()), float(gain.log_ratio(np.full(count, FARTHEST)).max())
    farthest = np.full(count, FARTHEST)
    while high - low > CLOSE:
        middle = (low + high) / 2.0
        critical = gain.critical(middle, farthest)
        if _affordable(expected, 2.0 * ndtr(-critical), rule):
            high, farthest = middle, critical
        else:
            low = middle
    return np.asarray(2.0 * ndtr(-farthest))


def _affordable(expected: Expectation, thresholds: FloatArray, rule: Rule) -> bool:
    mean, least = float(thresholds.mean()), rule.error_rate / thresholds.shape[0]
    if mean <= least or rule.multiplicity == "holm":
        return bool(mean <= least)
    return bool(mean <= rule.error_rate * float(expected.power(thresholds).mean()))


class Gain:
    """log LR of every hypothesis, a c^2 + log cosh(b c) - offset, and its inverse; convex and rising in c >= 0."""

    def __init__(self, expected: Expectation) -> None:
        self.square = 0.5 * (1.0 - 1.0 / expected.variance)
        self.linear = np.abs(expected.shift) / expected.variance
        self.offset = 0.5 * np.log(expected.variance) + 0.5 * expected.shift**2 / expected.variance

    def log_ratio(self, critical: FloatArray) -> FloatArray:
        """Log LR (J,) at critical values (J,)."""
        x = self.linear * critical
        return np.asarray(self.square * critical**2 + x + np.log1p(np.exp(-2.0 * x)) - log(2.0) - self.offset)

    def critical(self, level: float, above: FloatArray) -> FloatArray:
        """Critical values (J,) at which log LR is ``level``, 0 where it is more everywhere; by Newton from above."""
        wanted = np.maximum(level + self.offset, 0.0)
        bound = wanted + log(2.0)
        root = self.linear + np.sqrt(self.linear**2 + 4.0 * self.square * bound)
        found = np.minimum(above, 2.0 * bound / np.maximum(root, 1e-300))
        for _ in range(STEPS):
            x = self.linear * found
            small = np.exp(-2.0 * x)
            value = self.square * found**2 + x + np.log1p(small) - log(2.0) - wanted
            slope = 2.0 * self.square * found + self.linear * (1.0 - small) / (1.0 + small)
            step = value / np.maximum(slope, 1e-300)
            found = np.clip(found - step, 0.0, above)
            if step.max() < CLOSE:
                break
        return np.where(wanted > 0.0, found, 0.0)
