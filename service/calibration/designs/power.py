"""Power, minimum detectable effect, equivalence and interval width of a contrast with a known standard error.

    power(d) = Phi(-z + d/SE) + Phi(-z - d/SE),  z = Phi^{-1}(1 - (1 - level)/2);  width = 2 z SE
    equivalence(d) = max(0, Phi((margin - d)/SE - u) + Phi((margin + d)/SE - u) - 1),  u = Phi^{-1}(level)

Equivalence is shown by two one-sided tests, each of size 1 - level (the interval of level 2 level - 1 lies within the
margins); the first formula's SE for a stated power is d over the detectable effect at SE one, the second's is found by
bisection, for its power falls as SE grows.

**Shapes** scalars.
**Units** effects and standard errors in outcome units.
**Assumes** a normal estimate with known standard error.
**Breaks** below about 30 humans per arm the t quantile asks for more.
**Raises** nothing; objective.py checks the ranges.
**Source** the normal two-sided test, both tails; Schuirmann (1987) and Phillips (1990) for two one-sided tests.
**Differs** peers drop the far tail, which matters only where power is near the level.
"""

from __future__ import annotations

import math
import sys

from scipy.special import ndtr, ndtri


def critical_value(confidence_level: float) -> float:
    """Two-sided normal quantile z of the level."""
    return float(-ndtri((1 - confidence_level) / 2))


def two_sided_power(effect: float, standard_error: float, confidence_level: float) -> float:
    """Probability that the interval excludes zero when the contrast is ``effect``; both tails."""
    z, shift = critical_value(confidence_level), abs(effect) / standard_error
    return float(ndtr(shift - z) + ndtr(-shift - z))


def minimum_detectable_effect(standard_error: float, power: float, confidence_level: float) -> float:
    """Smallest effect found with this power, by inversion; zero when the level alone gives the power."""
    if power <= 1 - confidence_level:
        return 0.0
    low, high = 0.0, critical_value(confidence_level) + max(0.0, float(ndtri(power))) + 1.0
    while high - low > 4 * sys.float_info.epsilon * high:
        middle = math.fsum((low, high)) / 2
        low, high = (middle, high) if two_sided_power(middle, 1.0, confidence_level) < power else (low, middle)
    return high * standard_error


def interval_width(standard_error: float, confidence_level: float) -> float:
    """Expected width of the normal interval, 2 z SE."""
    return 2 * critical_value(confidence_level) * standard_error


def equivalence_power(effect: float, margin: float, standard_error: float, confidence_level: float) -> float:
    """Probability that both one-sided tests reject when the contrast is ``effect``; zero where they never both do."""
    u = float(ndtri(confidence_level))
    below, above = (margin - effect) / standard_error, (margin + effect) / standard_error
    return max(0.0, float(ndtr(below - u)) - float(ndtr(u - above)))


def standard_error_for_power(effect: float, power: float, confidence_level: float) -> float:
    """Largest standard error that finds ``effect`` (not zero) with this power, above 1 - level."""
    return abs(effect) / minimum_detectable_effect(1.0, power, confidence_level)


def standard_error_for_equivalence(effect: float, margin: float, power: float, confidence_level: float) -> float:
    """Largest standard error that shows equivalence with this power; ``effect`` lies within the margins."""
    low, high = 0.0, 1.0
    while equivalence_power(effect, margin, margin / high, confidence_level) < power:
        low, high = high, 2 * high
    while high - low > 4 * sys.float_info.epsilon * high:
        middle = math.fsum((low, high)) / 2
        enough = equivalence_power(effect, margin, margin / middle, confidence_level) >= power
        low, high = (low, middle) if enough else (middle, high)
    return margin / high


def standard_error_for_width(width: float, confidence_level: float) -> float:
    """Standard error whose normal interval has this width."""
    return width / (2 * critical_value(confidence_level))
