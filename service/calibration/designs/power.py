"""Power, minimum detectable effect and interval width of a contrast with a known standard error.

    power(d) = Phi(-z + d/SE) + Phi(-z - d/SE),  z = Phi^{-1}(1 - (1 - level)/2);  width = 2 z SE

**Shapes** scalars.
**Units** effects and standard errors in outcome units.
**Assumes** a normal estimate with known standard error.
**Breaks** below about 30 humans per arm the t quantile asks for more.
**Raises** nothing; design.py checks the ranges.
**Source** the normal two-sided test; both tails.
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
