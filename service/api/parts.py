"""The calibration service's parts: its paths, its cards, its proof at start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from service.api import golden
from service.api.app import Parts
from service.api.routes.calibrations import calibrations
from service.api.routes.designs import designs
from service.api.routes.diagnostics import diagnostics
from service.api.routes.screenings import screenings
from service.api.routes.track_records import track_records
from service.calibration.card import Card
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.intervals import INTERVALS
from service.calibration.plug_in import CARDS as STATISTIC_CARDS
from service.calibration.response_propensity import CARD as RESPONSE_PROPENSITY
from service.calibration.transport import transported

TOLERANCE = 1e-12


class ProofFailedError(RuntimeError):
    """The service computes a known answer wrongly and must not serve."""


def calibration_parts() -> Parts:
    """Everything registered now."""
    return Parts(
        computations=(calibrations(), designs(), diagnostics(), screenings(), track_records()),
        cards=_CARDS,
        prove=prove,
        deviation=golden.deviation,
    )


def cards() -> Mapping[str, Sequence[Card]]:
    """The cards of every registry."""
    return {kind: group() for kind, group in _CARDS.items()}


def prove() -> None:
    """Compute known answers the way a request does; raises ``ProofFailedError`` when one is off by more than 1e-12."""
    error = golden.deviation()
    if not error <= TOLERANCE:
        raise ProofFailedError(f"a known answer is off by {error:.3g} of itself")


def _diagnostics() -> Sequence[Card]:
    from service.calibration.diagnostics.checks import CHECKS

    return [check.card for check in CHECKS]


def _screenings() -> Sequence[Card]:
    from service.calibration.screenings import CARDS

    return CARDS


def _track_records() -> Sequence[Card]:
    from service.calibration.track_records import CARDS

    return CARDS


_CARDS: Mapping[str, Callable[[], Sequence[Card]]] = {
    "estimands": lambda: [e.card for e in ESTIMANDS],
    "statistics": lambda: STATISTIC_CARDS,
    "estimators": lambda: [e.card for e in ESTIMATORS],
    "intervals": lambda: [m.card for m in INTERVALS],
    "diagnostics": _diagnostics,
    "screenings": _screenings,
    "missing_answers": lambda: [RESPONSE_PROPENSITY],
    "transport": lambda: [transported.CARD],
    "track_records": _track_records,
}
