"""Answers that are known by hand, computed the way a request is: what the start proves and the canary watches.

Both are of the humans 3, 4, 2, 4 and 4, 5, 4, 5 with the LLM's 3, 3, 2, 4 and 4, 4, 5, 5.
Welch: the difference of means is 5/4, its variance 11/12/4 + 1/3/4 = 5/16. PPI of the first arm, whose LLM-only answers
are 3, 2, 4, 3, 3: their mean 3 plus the mean of the humans' distances 0, 1, 0, 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec

from service.api.wire import calibration


@dataclass(frozen=True, slots=True)
class Golden:
    """A request and its known estimate and standard error."""

    request: bytes
    estimate: float
    standard_error: float


WELCH = Golden(
    b"""{"plan": {"estimator": "human_only"}, "data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4]},
  {"name": "treatment", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5]}]}}""",
    5 / 4,
    math.sqrt(5 / 16),
)
PPI = Golden(
    b"""{"plan": {"estimator": "ppi"}, "data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]}]}}""",
    13 / 4,
    math.sqrt(1 / 16 + 1 / 10),
)
GOLDEN = (WELCH, PPI)


def deviation() -> float:
    """The largest relative error of all known numbers."""
    return max(max(_relative(got, known) for got, known in _compared(golden)) for golden in GOLDEN)


def _compared(golden: Golden) -> tuple[tuple[float, float], ...]:
    request = msgspec.json.decode(golden.request, type=calibration.CalibrationRequest)
    answer: dict[str, Any] = msgspec.json.decode(calibration.run(calibration.to_core(request)))
    first = answer["estimates"][0]
    return (first["estimate"], golden.estimate), (first["standard_error"], golden.standard_error)


def _relative(got: float, known: float) -> float:
    error = abs(got / known - 1)
    return math.inf if math.isnan(error) else error
