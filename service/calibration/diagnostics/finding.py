"""What a check finds: measures, a verdict, and the alarms that would change it if their tests reject.

A check states verdicts only; whether an alarm sounds is decided over the whole card (see ``error_rate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "not_testable", "warn", "fail"]
SEVERITY: tuple[Status, ...] = ("pass", "not_testable", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval for a measure: how it was made, its level, its ends (None: open)."""

    method: str
    level: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a check; ``p_value`` is not adjusted for the other tests of the card."""

    name: str
    value: float
    interval: Interval | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status, one sentence of what it means, and what to do."""

    status: Status
    statement: str
    action: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is said if the test of ``measure`` rejects, given all tests of the card.

    A ``secondary`` test has its part of the level beside that of the check's first.
    """

    measure: str
    p_value: float
    verdict: Verdict
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What an entry is about; None: all of them."""

    outcome: str | None = None
    model: str | None = None
    arm: str | None = None
    subgroup: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a check before the tests of the card are judged together; ``verdict`` holds if no alarm sounds."""

    place: Place
    verdict: Verdict
    measures: tuple[Measure, ...] = ()
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry of the card as answered."""

    name: str
    place: Place
    status: Status
    measures: tuple[Measure, ...]
    statement: str
    action: str


def worst(statuses: Sequence[Status]) -> Status:
    """The gravest of pass < not_testable < warn < fail; pass of none."""
    return max(statuses, key=SEVERITY.index, default="pass")


def not_testable(place: Place, statement: str, action: str) -> Entry:
    """The entry of a check whose inputs are missing."""
    return Entry(place, Verdict("not_testable", statement, action))
