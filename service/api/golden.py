"""Answers that are known by hand, computed the way a request is: what the start proves and the canary watches.

All are of the humans 3, 4, 2, 4 and 4, 5, 4, 5 with the LLM's 3, 3, 2, 4 and 4, 4, 5, 5.
Welch: the difference of means is 5/4, its variance 11/12/4 + 1/3/4 = 5/16, its degrees of freedom 675/137. PPI of the
first arm, whose LLM-only answers are 3, 2, 4, 3, 3: their mean 3 plus the mean of the humans' distances 0, 1, 0, 0.
LONG is that arm ten (and LLM-only sixteen) times, in eighths, against 3/8: enough for the fast reader of columns.

::

    bytes --decoded--> wire --written to shared memory and read again--> job --> answer --> relative error
"""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from service.api.limits import Limits
from service.api.parsing import shipping
from service.api.parsing.errand import mapped, memory_file
from service.api.reading.media import readers
from service.api.reading.whole import decoded
from service.api.render.media import JSON
from service.api.routes.calibrations import PROMISED
from service.api.wire import calibration


@dataclass(frozen=True, slots=True)
class Golden:
    """A request and what is known of its first estimate."""

    request: bytes
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float


def _long() -> bytes:
    parts = {"human": (3, 4, 2, 4) * 10, "llm": (3, 3, 2, 4) * 10, "llm_only": (3, 2, 4, 3, 3) * 16}
    arm = {"name": "control"} | {name: [value / 8 for value in values] for name, values in parts.items()}
    plan = {"estimator": "ppi", "interval": "normal", "null_value": 3 / 8}
    return json.dumps({"plan": plan, "data": {"layout": "arrays", "arms": [arm]}}).encode()


def _known(request: bytes, estimate: float, error: float, quantile: float, p_value: float) -> Golden:
    """``quantile``: how many standard errors a bound is away."""
    return Golden(request, estimate, error, estimate - quantile * error, estimate + quantile * error, p_value)


WELCH = _known(
    b"""{"plan": {"estimator": "human_only"}, "data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4]},
  {"name": "treatment", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5]}]}}""",
    5 / 4,
    math.sqrt(5 / 16),
    2.582078585384524,
    0.0763797449273685,
)
PPI = _known(
    b"""{"plan": {"estimator": "ppi"}, "data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]}]}}""",
    13 / 4,
    math.sqrt(1 / 16 + 1 / 10),
    2.3684113817517947,
    9.051045263339611e-05,
)
_SPREAD = math.sqrt(1 / 208 + 2 / 395)
LONG = _known(_long(), 13 / 32, _SPREAD / 8, 1.959963984540054, math.erfc(1 / 4 / _SPREAD / math.sqrt(2)))
GOLDEN = (WELCH, PPI, LONG)


def deviation() -> float:
    """The largest relative error of all known numbers."""
    return max(max(_relative(got, known) for got, known in _compared(golden)) for golden in GOLDEN)


def _compared(golden: Golden) -> tuple[tuple[float, float], ...]:
    job = calibration.to_core(*_received(golden.request))
    first: dict[str, Any] = msgspec.json.decode(calibration.run(job))["estimates"][0]
    return (
        (first["estimate"], golden.estimate),
        (first["standard_error"], golden.standard_error),
        (first["interval"]["lower"], golden.lower),
        (first["interval"]["upper"], golden.upper),
        (first["p_value"], golden.p_value),
    )


def _received(request: bytes) -> tuple[calibration.CalibrationRequest, str]:
    """The request as it comes from the parsing process, and its digest."""
    reader = readers(calibration.CalibrationRequest, PROMISED, Limits().max_values, tabular=True)[JSON]
    wire, digest = decoded(reader, bytearray(request), "identity", {}, Limits())
    if sys.platform == "linux":  # memory files are Linux's
        fd = memory_file()
        try:
            at, size = shipping.write(wire, fd)
            wire = shipping.read(calibration.CalibrationRequest, mapped(fd), at, size)
        finally:
            os.close(fd)
    return wire, digest


def _relative(got: float, known: float) -> float:
    error = abs(got / known - 1)
    return math.inf if math.isnan(error) else error
