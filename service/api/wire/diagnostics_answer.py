"""The card of POST /v1/diagnostics on the wire."""

from __future__ import annotations

from typing import Literal

import msgspec

from service.api.wire.doubts import Warning as WireWarning
from service.api.wire.doubts import Work, warnings
from service.api.wire.passport import Passport
from service.calibration.diagnostics import finding as core
from service.calibration.diagnostics.diagnose import Diagnosis
from service.calibration.diagnostics.ranking import Ranked

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


class RankedModel(msgspec.Struct, frozen=True):
    """A model's cross-fitted variance ratio: its slopes have not seen the answers that it is scored on. Exploratory.

    Models of an outcome stand best first; ratio_to_next is its variance over that of the next in rank, p_value that of
    no difference between the two; both null for the last.
    """

    outcome: str
    model: str
    rank: int
    variance_ratio: float
    interval: MeasureInterval
    ratio_to_next: float | None
    p_value: float | None


class DiagnosticsReply(msgspec.Struct, frozen=True):
    """The answer of POST /v1/diagnostics."""

    summary: Literal["use", "use_with_care", "do_not_use"]
    reason: str
    status: Status
    checks: list[Finding]
    models: list[RankedModel]
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
        models=[_ranked(r, found.level) for r in found.models],
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


def _ranked(r: Ranked, level: float) -> RankedModel:
    s = r.score
    interval = MeasureInterval("t", level, s.lower, s.upper)
    return RankedModel(r.outcome, s.model, s.rank, s.variance_ratio, interval, s.ratio_to_next, s.p_value)


def _interval(found: core.Interval | None) -> MeasureInterval | None:
    return None if found is None else MeasureInterval(found.method, found.level, found.lower, found.upper)
