"""The answer of POST /v1/track-records on the wire: every documented field present, null where it does not apply."""

from __future__ import annotations

import msgspec

from service.api.wire.doubts import Warning as WireWarning
from service.api.wire.doubts import Work, warnings
from service.api.wire.estimates import LlmOnly
from service.api.wire.passport import Assumption, Issued, Passport, PassportModel, assumptions, digest_of, passport
from service.calibration.answer import Claim
from service.calibration.track_records import answer as core
from service.calibration.track_records.record import TrackRecord
from service.calibration.track_records.report import paragraph


class PredictedInterval(msgspec.Struct, frozen=True):
    """An interval for the true human effect of the new study, or for the slope."""

    method: core.IntervalMethod
    level: float
    lower: float
    upper: float


class ConformalPart(msgspec.Struct, frozen=True):
    """The interval over tasks; null with fewer than studies_needed studies, of which studies_missing are missing.

    Contrasts of one study count as one. error_split: errors of the new LLM effect, of the past gaps, over tasks.
    """

    interval: PredictedInterval | None
    studies: int
    studies_needed: int
    studies_missing: int
    error_split: list[float]


class RandomEffectsPart(msgspec.Struct, frozen=True):
    """The prediction from a line of human on LLM effects over studies; all null with too few studies.

    tau2 is the variance between studies beside the LLM's part, tau2_total without it, r_squared the part explained.
    surrogate_threshold: the LLM effect from which the interval is above zero (negative: below). wrong_sign_probability:
    that the true human effect has another sign than the LLM's.
    """

    estimate: float | None
    standard_error: float | None
    df: float | None
    interval: PredictedInterval | None
    slope: float | None
    slope_interval: PredictedInterval | None
    intercept: float | None
    r_squared: float | None
    tau2: float | None
    tau2_total: float | None
    surrogate_threshold: float | None
    surrogate_threshold_negative: float | None
    wrong_sign_probability: float | None


class CorrelationPart(msgspec.Struct, frozen=True):
    """Of human and LLM effects; the orientation-free ones are the same whichever arm of a contrast is the treatment."""

    raw: float | None
    attenuation_corrected: float | None
    orientation_free: float | None
    orientation_free_corrected: float | None


class AgreementPart(msgspec.Struct, frozen=True):
    """How near LLM effects come to human ones, free of orientation; rmse_adjusted is without sampling errors.

    significant: past effects with a human z beyond 1.96.
    """

    rmse: float
    rmse_adjusted: float | None
    sign_agreement: float
    significant: int
    sign_agreement_significant: float | None
    slope_through_origin: float | None


class TrackRecordReply(msgspec.Struct, frozen=True):
    """The answer of POST /v1/track-records."""

    claim: Claim
    name: str
    llm_only: LlmOnly
    conformal: ConformalPart
    random_effects: RandomEffectsPart
    correlation: CorrelationPart
    agreement: AgreementPart
    assumptions: list[Assumption]
    warnings: list[WireWarning]
    report: str
    passport: Passport


class AppliedTrackRecord(msgspec.Struct, frozen=True):
    """What would be computed, with every default resolved."""

    confidence_level: float
    error_split: list[float]
    studies: int
    effects: int


class ValidatedTrackRecord(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: AppliedTrackRecord
    work: Work
    warnings: list[WireWarning]


def from_core(found: core.TrackRecordAnswer, issued: Passport) -> TrackRecordReply:
    """The wire form of an answer."""
    return TrackRecordReply(
        claim=found.claim,
        name=found.name,
        llm_only=LlmOnly(found.llm_only.estimate, found.llm_only.standard_error, found.llm_only.claim),
        conformal=_conformal(found.conformal),
        random_effects=_random_effects(found.random_effects),
        correlation=_correlation(found.correlation),
        agreement=_agreement(found.agreement),
        assumptions=assumptions(found.assumptions),
        warnings=warnings(found.warnings),
        report=issued.report,
        passport=issued,
    )


def issue(
    found: core.TrackRecordAnswer, record: TrackRecord, request_digest: str, models: tuple[PassportModel, ...]
) -> Passport:
    """The passport of an answer."""
    return passport(
        Issued(
            path="/v1/track-records",
            method="conformal, random_effects, correlation",
            request_digest=request_digest,
            report=paragraph(found),
            models=models,
            assumptions=found.assumptions,
            plan_digest=digest_of([record.confidence_level, record.error_split]),
            claim=found.claim,
        )
    )


def _conformal(found: core.Conformal) -> ConformalPart:
    return ConformalPart(
        interval=_interval(found.interval),
        studies=found.studies,
        studies_needed=found.studies_needed,
        studies_missing=found.studies_missing,
        error_split=list(found.error_split),
    )


def _random_effects(found: core.RandomEffects) -> RandomEffectsPart:
    return RandomEffectsPart(
        estimate=found.estimate,
        standard_error=found.standard_error,
        df=found.df,
        interval=_interval(found.interval),
        slope=found.slope,
        slope_interval=_interval(found.slope_interval),
        intercept=found.intercept,
        r_squared=found.r_squared,
        tau2=found.tau2,
        tau2_total=found.tau2_total,
        surrogate_threshold=found.surrogate_threshold,
        surrogate_threshold_negative=found.surrogate_threshold_negative,
        wrong_sign_probability=found.wrong_sign_probability,
    )


def _correlation(found: core.Correlation) -> CorrelationPart:
    return CorrelationPart(
        raw=found.raw,
        attenuation_corrected=found.attenuation_corrected,
        orientation_free=found.orientation_free,
        orientation_free_corrected=found.orientation_free_corrected,
    )


def _agreement(found: core.Agreement) -> AgreementPart:
    return AgreementPart(
        rmse=found.rmse,
        rmse_adjusted=found.rmse_adjusted,
        sign_agreement=found.sign_agreement,
        significant=found.significant,
        sign_agreement_significant=found.sign_agreement_significant,
        slope_through_origin=found.slope_through_origin,
    )


def _interval(found: core.Interval | None) -> PredictedInterval | None:
    return None if found is None else PredictedInterval(found.method, found.level, found.lower, found.upper)
