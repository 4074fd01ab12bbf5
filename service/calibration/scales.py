"""Scales on which statistics are fitted and calibrated, and the way back to what is told.

Formula: log: v = exp(t), dv/dt = v; logit: v = 1 / (1 + exp(-t)), dv/dt = v (1 - v).
Shapes: numbers. Units: none. Raises: nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log
from typing import Literal

ScaleName = Literal["log", "logit"]
LARGEST = 709.0  # log of the largest double, nearly


@dataclass(frozen=True, slots=True)
class Scale:
    """From a told value to the scale and back, and how fast the told value moves with the scale at it."""

    forward: Callable[[float], float]
    back: Callable[[float], float]
    slope: Callable[[float], float]


def _log(value: float) -> float:
    return log(value) if value > 0.0 else -inf


def _exp(value: float) -> float:
    return exp(value) if value < LARGEST else inf


def _logit(value: float) -> float:
    if not 0.0 < value < 1.0:
        return -inf if value <= 0.0 else inf
    return log(value / (1.0 - value))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + _exp(-value))


SCALES: dict[ScaleName, Scale] = {
    "log": Scale(_log, _exp, lambda value: value),
    "logit": Scale(_logit, _logistic, lambda value: value * (1.0 - value)),
}
