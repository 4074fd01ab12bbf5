"""The card of POST /v1/diagnostics on the wire."""

from __future__ import annotations

from typing import Literal

import msgspec

from service.api.wire.doubts import Warning as WireWarning
from service.api.wire.doubts import Work, warnings
from service.api.wire.passport import Passport
from service.calibration.diagnostics import finding as core
from service.calibration.diagnostics.diagnose import Diagnosis
from service.calibration.diagnostics.fidelity_scores import FidelityScore
from service.calibration.diagnostics.ranking import Ranked
from service.calibration.model_scores import Against

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


class AgainstBest(msgspec.Struct, frozen=True):
    """A model against the best of its outcome: a ratio or a difference, with an interval that pays for all comparisons.

    beyond_noise: the interval leaves out no difference (a ratio of 1, a difference of 0).
    """

    value: float
    interval: MeasureInterval
    beyond_noise: bool


class RankedFidelity(msgspec.Struct, frozen=True):
    """How well a model knows who answers what: the correlation of human answers with cross-fitted predictions.

    Predictions are of the model alone, without covariates, by slopes that have not seen the answer. rank is among the
    models of the outcome, best first; difference_to_best is null for the best.
    """

    rank: int
    cross_fitted_correlation: float
    standard_error: float
    interval: MeasureInterval
    difference_to_best: AgainstBest | None


class RankedModel(msgspec.Struct, frozen=True):
    """A model's cross-fitted variance ratio: its slopes have not seen the answers that it is scored on. Exploratory.

    Models of an outcome stand best first; ratio_to_next is its variance over that of the next in rank, p_value that of
    no difference between the two; both null for the last. ratio_to_best is its variance over that of the best; null for
    the best. fidelity ranks the same models by another score; null where an arm has too few humans for the columns.
    """

    outcome: str
    model: str
    rank: int
    variance_ratio: float
    interval: MeasureInterval
    ratio_to_next: float | None
    p_value: float | None
    ratio_to_best: AgainstBest | None
    fidelity: RankedFidelity | None


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
    return RankedModel(
        outcome=r.outcome,
        model=s.model,
        rank=s.rank,
        variance_ratio=s.variance_ratio,
        interval=interval,
        ratio_to_next=s.ratio_to_next,
        p_value=s.p_value,
        ratio_to_best=_against(s.to_best, level),
        fidelity=None if r.fidelity is None else _fidelity(r.fidelity, level),
    )


def _fidelity(f: FidelityScore, level: float) -> RankedFidelity:
    interval = MeasureInterval("fisher_z", level, f.lower, f.upper)
    return RankedFidelity(f.rank, f.correlation, f.standard_error, interval, _against(f.to_best, level))


def _against(found: Against | None, level: float) -> AgainstBest | None:
    if found is None:
        return None
    interval = MeasureInterval("t_all_pairs", level, found.lower, found.upper)
    return AgainstBest(found.value, interval, found.beyond_noise)


def _interval(found: core.Interval | None) -> MeasureInterval | None:
    return None if found is None else MeasureInterval(found.method, found.level, found.lower, found.upper)
