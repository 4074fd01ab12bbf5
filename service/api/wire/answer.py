"""The answer of a calibration on the wire: every documented field present, null where it does not apply."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from service.api.wire.design_whole import Bands, RobustDesign, WholeDesign, bands, robust, whole
from service.api.wire.doubts import Warning, Work, warnings  # noqa: A004 - the word on the wire
from service.api.wire.estimates import Arm, Estimate, Heterogeneity, arm, estimate, heterogeneity
from service.api.wire.missing_answers import MissingAnswers, missing_answers
from service.api.wire.passport import (
    METHOD_VERSION,
    SERVICE_VERSION,
    Assumption,
    Issued,
    Passport,
    PassportModel,
    assumptions,
    passport,
)
from service.api.wire.transport import Transport, transport
from service.calibration import answer as core
from service.calibration.report import paragraph


class AppliedEstimand(msgspec.Struct, frozen=True):
    """The estimand that was computed."""

    type: str


class Applied(msgspec.Struct, frozen=True):
    """What was done, with every default resolved."""

    estimand: AppliedEstimand
    categories: list[str] | None
    estimator: str
    interval: str
    identification: str
    prediction_design: str
    control: str | None
    contrasts: dict[str, dict[str, float]]
    confidence_level: float
    alternative: str
    null_value: float
    margin: float | None
    bounds: list[float] | None
    multiplicity: str
    tuning: str | None
    replicates: int | None
    inference_population: str
    compat: bool
    exchangeability_level: float
    seed: int
    reason: str
    subgroups: list[str] | None
    partial_pooling: bool
    model_selection: str
    scale: str | None
    interactions: list[list[str]] | None
    statistic: str | None


class Summary(msgspec.Struct, frozen=True):
    """The first estimate, flat."""

    estimate: float
    lower: float | None
    upper: float | None
    p_value: float | None
    human_only_estimate: float
    effective_sample_size: float | None
    verdict: core.Verdict
    claim: core.Claim


class CalibrationAnswer(msgspec.Struct, frozen=True):
    """The answer of POST /v1/calibrations.

    Estimates are in the order outcome, subgroup (everyone first, then by name), name, component; arms likewise.
    transport is that of a plan with a target, else null.
    heterogeneity has an entry per outcome, name and component that subgroups have, and none without subgroups.
    """

    request_digest: str
    plan_digest: str
    service_version: str
    method_version: str
    claim: core.Claim
    summary: Summary
    estimates: list[Estimate]
    arms: list[Arm]
    heterogeneity: list[Heterogeneity]
    applied: Applied
    assumptions: list[Assumption]
    transport: Transport | None
    design: WholeDesign | None
    bands: Bands | None
    robust: RobustDesign | None
    cost_share: float | None
    llm_pays: bool | None
    missing_answers: MissingAnswers | None
    warnings: list[Warning]
    report: str
    passport: Passport


class Validated(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: Applied
    work: Work
    warnings: list[Warning]


@dataclass(frozen=True, slots=True)
class Digests:
    """What identifies request and plan, and the models that the request names."""

    request: str
    plan: str
    models: tuple[PassportModel, ...] = ()


def from_core(answer: core.Answer, digests: Digests) -> CalibrationAnswer:
    """The wire form of an answer."""
    first, report = answer.estimates[0], paragraph(answer)
    return CalibrationAnswer(
        request_digest=digests.request,
        plan_digest=digests.plan,
        service_version=SERVICE_VERSION,
        method_version=METHOD_VERSION,
        claim=answer.claim,
        summary=Summary(
            first.result.estimate,
            first.result.interval.lower,
            first.result.interval.upper,
            first.result.p_value,
            first.human_only.estimate,
            first.effective_sample_size,
            first.verdict,
            first.claim,
        ),
        estimates=[estimate(e) for e in answer.estimates],
        arms=[arm(a) for a in answer.arms],
        heterogeneity=[heterogeneity(h) for h in answer.heterogeneity],
        applied=applied(answer.applied),
        assumptions=assumptions(answer.assumptions),
        transport=None if answer.transport is None else transport(answer.transport),
        design=None if answer.design is None else whole(answer.design.design),
        bands=None if answer.design is None else bands(answer.design.bands),
        robust=None if answer.design is None else robust(answer.design.robust),
        cost_share=None if answer.design is None else answer.design.cost_share,
        llm_pays=None if answer.design is None else answer.design.llm_pays,
        missing_answers=missing_answers(answer.missing_answers),
        warnings=warnings([*answer.warnings, *(() if answer.design is None else answer.design.warnings)]),
        report=report,
        passport=passport(_issued(answer, digests, report)),
    )


def _issued(answer: core.Answer, digests: Digests, report: str) -> Issued:
    done = answer.applied
    return Issued(
        path="/v1/calibrations",
        method=f"{done.statistic or done.estimand} by {done.estimator}, interval {done.interval}",
        request_digest=digests.request,
        report=report,
        models=digests.models,
        assumptions=answer.assumptions,
        plan_digest=digests.plan,
        seed=done.seed,
        claim=answer.claim,
    )


def applied(done: core.Applied) -> Applied:
    """The wire form of what was done."""
    return Applied(
        estimand=AppliedEstimand(done.estimand),
        categories=None if done.categories is None else list(done.categories),
        estimator=done.estimator,
        interval=done.interval,
        identification=done.identification,
        prediction_design=done.prediction_design,
        control=done.control,
        contrasts={name: dict(weights) for name, weights in done.contrasts.items()},
        confidence_level=done.confidence_level,
        alternative=done.alternative,
        null_value=done.null_value,
        margin=done.margin,
        bounds=None if done.bounds is None else list(done.bounds),
        multiplicity=done.multiplicity,
        tuning=done.tuning,
        replicates=done.replicates,
        inference_population=done.inference_population,
        compat=done.compat,
        exchangeability_level=done.exchangeability_level,
        seed=done.seed,
        reason=done.reason,
        subgroups=None if done.subgroups is None else list(done.subgroups),
        partial_pooling=done.partial_pooling,
        model_selection=done.model_selection,
        scale=done.scale,
        interactions=None if done.interactions is None else [list(pair) for pair in done.interactions],
        statistic=done.statistic,
    )
