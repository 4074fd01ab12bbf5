"""The card of POST /v1/diagnostics on the wire."""

from __future__ import annotations

from typing import Literal

import msgspec

from service.api.wire.doubts import Warning as WireWarning
from service.api.wire.doubts import Work, warnings
from service.api.wire.passport import Passport
from service.calibration.diagnostics import finding as core
from service.calibration.diagnostics.diagnose import Diagnosis

Status = Literal["pass", "not_testable", "warn", "fail"]


class MeasureInterval(msgspec.Struct, frozen=True):
    """An interval of a measure; an open end is null."""

    method: str
    level: float
    lower: float | None
    upper: float | None


class Measure(msgspec.Struct, frozen=True):
    """One number of a check; its p-value is not adjusted for the other tests of the card."""

    name: str
    value: float
    interval: MeasureInterval | None
    p_value: float | None


class Finding(msgspec.Struct, frozen=True):
    """One entry of a check; null where it concerns all outcomes, models, arms, or no subgroup."""

    name: str
    outcome: str | None
    model: str | None
    arm: str | None
    subgroup: str | None
    status: Status
    measures: list[Measure]
    statement: str
    action: str


class DiagnosticsReply(msgspec.Struct, frozen=True):
    """The answer of POST /v1/diagnostics."""

    summary: Literal["use", "use_with_care", "do_not_use"]
    reason: str
    status: Status
    checks: list[Finding]
    warnings: list[WireWarning]
    passport: Passport


class AppliedDiagnostics(msgspec.Struct, frozen=True):
    """What a request is answered with."""

    checks: list[str]
    confidence_level: float
    seed: int


class ValidatedDiagnostics(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: AppliedDiagnostics
    work: Work
    warnings: list[WireWarning]


def from_core(found: Diagnosis, passport: Passport) -> DiagnosticsReply:
    """The wire form of a card."""
    return DiagnosticsReply(
        summary=found.summary,
        reason=found.reason,
        status=found.status,
        checks=[_finding(f) for f in found.findings],
        warnings=warnings(found.warnings),
        passport=passport,
    )


def _finding(f: core.Finding) -> Finding:
    return Finding(
        name=f.name,
        outcome=f.place.outcome,
        model=f.place.model,
        arm=f.place.arm,
        subgroup=f.place.subgroup,
        status=f.status,
        measures=[Measure(m.name, m.value, _interval(m.interval), m.p_value) for m in f.measures],
        statement=f.statement,
        action=f.action,
    )


def _interval(found: core.Interval | None) -> MeasureInterval | None:
    return None if found is None else MeasureInterval(found.method, found.level, found.lower, found.upper)
