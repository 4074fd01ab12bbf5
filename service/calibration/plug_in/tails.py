"""Outcomes whose tails are so long that the spread of their squares is not seen in a sample of this size.

Formula: warned where |g1| > 2 sqrt(6 / n) or b2 > 3 + 2 sqrt(24 / n) in an arm of fewer than 1,000 humans: skewness and
kurtosis beyond two of their standard errors under normality.
Shapes: outcomes (n,) of every arm. Raises: nothing.
Source: Fisher (1930), Proceedings of the Royal Society A 130 (the standard errors, to first order).
"""

from __future__ import annotations

from math import sqrt

from service.calibration.errors import Warned
from service.calibration.influence import Design
from service.calibration.model_rows import Rows
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample, Units

ENOUGH = 1000  # humans of an arm


def long_tails(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design as it is; doubts arms with long tails."""
    found = [
        Warned("long_tails", f"arm {arm!r} has long tails for {source.n} humans: intervals may be too short", place)
        for arm, source, place in zip(sample.arms, sample.human, sample.pointers, strict=True)
        if isinstance(source, Units) and source.y is not None and source.n < ENOUGH and _long(source.y)
    ]
    return human.design, tuple(found)


def _long(y: FloatArray) -> bool:
    n, deviations = y.shape[0], y - y.mean()
    square = float(deviations @ deviations) / n
    skewness = float((deviations**3).sum()) / n / square**1.5
    kurtosis = float((deviations**4).sum()) / n / square**2
    return bool(abs(skewness) > 2.0 * sqrt(6.0 / n) or kurtosis > 3.0 + 2.0 * sqrt(24.0 / n))
