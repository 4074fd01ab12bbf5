"""The calibration service's parts: its paths, its cards, its proof at start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.api import golden
from service.api.app import Parts
from service.api.routes.calibrations import calibrations
from service.api.routes.designs import designs
from service.api.routes.diagnostics import diagnostics
from service.api.routes.screenings import screenings
from service.api.routes.track_records import track_records
from service.calibration.card import Card
from service.calibration.diagnostics.checks import CHECKS
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.intervals import INTERVALS
from service.calibration.plug_in import CARDS as STATISTIC_CARDS
from service.calibration.response_propensity import CARD as RESPONSE_PROPENSITY
from service.calibration.screenings import CARDS as SCREENING_CARDS
from service.calibration.track_records import CARDS as TRACK_RECORD_CARDS
from service.calibration.transport import transported

TOLERANCE = 1e-12


class ProofFailedError(RuntimeError):
    """The service computes a known answer wrongly and must not serve."""


def calibration_parts() -> Parts:
    """Everything registered now."""
    return Parts(
        computations=(calibrations(), designs(), diagnostics(), screenings(), track_records()),
        cards=cards(),
        prove=prove,
        deviation=golden.deviation,
    )


def cards() -> Mapping[str, Sequence[Card]]:
    """The cards of every registry."""
    return {
        "estimands": [e.card for e in ESTIMANDS],
        "statistics": list(STATISTIC_CARDS),
        "estimators": [e.card for e in ESTIMATORS],
        "intervals": [m.card for m in INTERVALS],
        "diagnostics": [check.card for check in CHECKS],
        "screenings": list(SCREENING_CARDS),
        "missing_answers": [RESPONSE_PROPENSITY],
        "transport": [transported.CARD],
        "track_records": list(TRACK_RECORD_CARDS),
    }


def prove() -> None:
    """Compute known answers the way a request does; raises ``ProofFailedError`` when one is off by more than 1e-12."""
    error = golden.deviation()
    if not error <= TOLERANCE:
        raise ProofFailedError(f"a known answer is off by {error:.3g} of itself")
