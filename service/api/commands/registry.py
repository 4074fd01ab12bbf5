"""What each computing command asks of which path, and how its answer is shown."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.api.commands.requests import calibrate, design, diagnose, screen, track_record
from service.api.commands.requests.document import Document
from service.api.routes.calibrations import calibrations
from service.api.routes.computation import Computation
from service.api.routes.designs import designs
from service.api.routes.diagnostics import diagnostics
from service.api.routes.screenings import screenings
from service.api.routes.track_records import track_records

if TYPE_CHECKING:
    from rich.console import RenderableType

Shown = Callable[[dict[str, Any]], "list[RenderableType]"]


@dataclass(frozen=True, slots=True)
class Command:
    """A path, the way from options to its request, and from its answer to the terminal (imported when shown)."""

    computation: Callable[[], Computation[Any, Any]]
    asked: Callable[[Namespace, Any], Document]
    shown: Callable[[], Shown]


def _calibration() -> Shown:
    from service.api.commands.shown.calibration import shown

    return shown


def _design() -> Shown:
    from service.api.commands.shown.design import shown

    return shown


def _card() -> Shown:
    from service.api.commands.shown.diagnosis import shown

    return shown


def _record() -> Shown:
    from service.api.commands.shown.track_record import shown

    return shown


def _screening() -> Shown:
    from service.api.commands.shown.screening import shown

    return shown


COMMANDS = {
    "calibrate": Command(calibrations, calibrate.asked, _calibration),
    "design": Command(designs, design.asked, _design),
    "diagnose": Command(diagnostics, diagnose.asked, _card),
    "track-record": Command(track_records, track_record.asked, _record),
    "screen": Command(screenings, screen.asked, _screening),
}
