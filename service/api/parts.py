"""The calibration service's parts: its paths, its cards, its proof at start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from service.api.app import Parts
from service.api.routes.calibrations import calibrations
from service.api.routes.designs import designs
from service.api.wire import calibration
from service.calibration.card import Card
from service.calibration.diagnostics import exchangeability
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.intervals import INTERVALS
from service.calibration.plug_in import CARDS as STATISTIC_CARDS

# Welch by hand: the difference of the means of 4, 5, 4, 5 and 3, 4, 2, 4, and sqrt(11/12/4 + 1/3/4)
_KNOWN = b"""{"plan": {"estimator": "human_only"}, "data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4]},
  {"name": "treatment", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5]}]}}"""
_KNOWN_ESTIMATE, _KNOWN_STANDARD_ERROR = 1.25, 0.3125**0.5


class ProofFailedError(RuntimeError):
    """The service computes a known answer wrongly and must not serve."""


def calibration_parts() -> Parts:
    """Everything registered now."""
    return Parts(computations=(calibrations(), designs()), cards=cards(), prove=prove)


def cards() -> Mapping[str, Sequence[Card]]:
    """The cards of every registry."""
    return {
        "estimands": [e.card for e in ESTIMANDS],
        "statistics": list(STATISTIC_CARDS),
        "estimators": [e.card for e in ESTIMATORS],
        "intervals": [m.card for m in INTERVALS],
        "diagnostics": [exchangeability.CARD],
    }


def prove() -> None:
    """Compute a known answer the way a request does; raises ``ProofFailedError`` when it is off by more than 1e-12."""
    request = msgspec.json.decode(_KNOWN, type=calibration.CalibrationRequest)
    answer = msgspec.json.decode(calibration.run(calibration.to_core(request)))
    got = (answer["summary"]["estimate"], answer["estimates"][0]["standard_error"])
    for value, known in zip(got, (_KNOWN_ESTIMATE, _KNOWN_STANDARD_ERROR), strict=True):
        if not math.isclose(value, known, rel_tol=1e-12):
            raise ProofFailedError(f"a known answer is {value!r} instead of {known!r}")
