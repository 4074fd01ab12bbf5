"""The answer of a calibration on the wire: every documented field present, null where it does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from service.api.wire.design_answer import WholeDesign, whole
from service.api.wire.doubts import Warning, Work, warnings  # noqa: A004 - the word on the wire
from service.calibration import answer as core
from service.calibration.inference import Result as CoreResult
from service.calibration.report import paragraph


class Interval(msgspec.Struct, frozen=True):
    """A confidence interval; an open end is null."""

    method: Literal["t", "normal"]
    level: float
    lower: float | None
    upper: float | None


class Result(msgspec.Struct, frozen=True):
    """A result: estimate, uncertainty, test."""

    estimate: float
    standard_error: float
    df: float | None
    p_value: float | None
    interval: Interval


class LlmOnly(msgspec.Struct, frozen=True):
    """A heuristic number from LLM answers alone."""

    estimate: float
    standard_error: float | None
    claim: core.Claim


class ModelPart(msgspec.Struct, frozen=True):
    """One LLM's part in an estimate."""

    name: str
    llm_only: LlmOnly | None
    ppi_correlation: float | None
    variance_ratio_without: float | None
    icc: float | None


class Alternative(msgspec.Struct, frozen=True):
    """The same estimand by another estimator."""

    estimator: str
    estimate: float
    standard_error: float
    df: float | None
    p_value: float | None
    interval: Interval
    variance_ratio: float | None
    effective_sample_size: float | None


class Estimate(msgspec.Struct, frozen=True):
    """One estimate: calibrated, human-only and LLM-only side by side."""

    name: str
    outcome: str
    component: str | None
    claim: core.Claim
    estimate: float
    standard_error: float
    df: float | None
    p_value: float | None
    p_value_adjusted: float | None
    interval: Interval
    human_only: Result
    llm_only: LlmOnly | None
    models: list[ModelPart]
    variance_ratio: float | None
    human_sample_size: int
    effective_sample_size: float | None
    ppi_correlation: float | None
    verdict: core.Verdict
    alternatives: list[Alternative]


class Prediction(msgspec.Struct, frozen=True):
    """One prediction column in one arm; ``tuning`` is its slope."""

    model: str
    arm: str | None
    category: str | None
    tuning: float
    dispersion_ratio: float
    n_missing: int
    dropped: bool


class Arm(msgspec.Struct, frozen=True):
    """One arm: calibrated mean, sizes, what the LLM explains."""

    name: str
    outcome: str
    component: str | None
    n_human: int
    n_llm_only: int
    r_squared: float | None
    adjusted_r_squared: float | None
    verdict: core.Verdict
    mean: Result
    predictions: list[Prediction]


class AppliedEstimand(msgspec.Struct, frozen=True):
    """The estimand that was computed."""

    type: str


class Applied(msgspec.Struct, frozen=True):
    """What was done, with every default resolved."""

    estimand: AppliedEstimand
    estimator: str
    interval: str
    identification: str
    prediction_design: str
    control: str | None
    contrasts: dict[str, dict[str, float]]
    confidence_level: float
    alternative: str
    null_value: float
    inference_population: str
    compat: bool
    exchangeability_level: float
    seed: int
    reason: str


class Assumption(msgspec.Struct, frozen=True):
    """An assumption and how its test went."""

    name: str
    status: core.Status
    p_value: float | None
    statement: str


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
    """The answer of POST /v1/calibrations."""

    request_digest: str
    plan_digest: str
    service_version: str
    method_version: str
    claim: core.Claim
    summary: Summary
    estimates: list[Estimate]
    arms: list[Arm]
    applied: Applied
    assumptions: list[Assumption]
    design: WholeDesign | None
    bands: None
    robust: None
    cost_share: float | None
    llm_pays: bool | None
    warnings: list[Warning]
    report: str


class Validated(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: Applied
    work: Work
    warnings: list[Warning]


@dataclass(frozen=True, slots=True)
class Digests:
    """What identifies request, plan and build."""

    request: str
    plan: str
    service_version: str
    method_version: str


def from_core(answer: core.Answer, digests: Digests) -> CalibrationAnswer:
    """The wire form of an answer."""
    first = answer.estimates[0]
    return CalibrationAnswer(
        request_digest=digests.request,
        plan_digest=digests.plan,
        service_version=digests.service_version,
        method_version=digests.method_version,
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
        estimates=[_estimate(e) for e in answer.estimates],
        arms=[_arm(a) for a in answer.arms],
        applied=applied(answer.applied),
        assumptions=[Assumption(a.name, a.status, a.p_value, a.statement) for a in answer.assumptions],
        design=None if answer.design is None else whole(answer.design.design),
        bands=None,
        robust=None,
        cost_share=None if answer.design is None else answer.design.cost_share,
        llm_pays=None if answer.design is None else answer.design.llm_pays,
        warnings=warnings([*answer.warnings, *(() if answer.design is None else answer.design.warnings)]),
        report=paragraph(answer),
    )


def applied(done: core.Applied) -> Applied:
    """The wire form of what was done."""
    return Applied(
        estimand=AppliedEstimand(done.estimand),
        estimator=done.estimator,
        interval=done.interval,
        identification=done.identification,
        prediction_design=done.prediction_design,
        control=done.control,
        contrasts={name: dict(weights) for name, weights in done.contrasts.items()},
        confidence_level=done.confidence_level,
        alternative=done.alternative,
        null_value=done.null_value,
        inference_population=done.inference_population,
        compat=done.compat,
        exchangeability_level=done.exchangeability_level,
        seed=done.seed,
        reason=done.reason,
    )


def _estimate(block: core.EstimateBlock) -> Estimate:
    result = block.result
    return Estimate(
        name=block.name,
        outcome=block.outcome,
        component=None,
        claim=block.claim,
        estimate=result.estimate,
        standard_error=result.standard_error,
        df=result.df,
        p_value=result.p_value,
        p_value_adjusted=None,
        interval=_interval(result),
        human_only=_result(block.human_only),
        llm_only=_effect(block.llm_only),
        models=[
            ModelPart(m.name, _effect(m.llm_only), m.ppi_correlation, m.variance_ratio_without, m.icc)
            for m in block.models
        ],
        variance_ratio=block.variance_ratio,
        human_sample_size=block.human_sample_size,
        effective_sample_size=block.effective_sample_size,
        ppi_correlation=block.ppi_correlation,
        verdict=block.verdict,
        alternatives=[
            Alternative(
                a.estimator,
                a.result.estimate,
                a.result.standard_error,
                a.result.df,
                a.result.p_value,
                _interval(a.result),
                a.variance_ratio,
                a.effective_sample_size,
            )
            for a in block.alternatives
        ],
    )


def _arm(block: core.ArmBlock) -> Arm:
    return Arm(
        name=block.name,
        outcome=block.outcome,
        component=None,
        n_human=block.n_human,
        n_llm_only=block.n_llm_only,
        r_squared=block.r_squared,
        adjusted_r_squared=block.adjusted_r_squared,
        verdict=block.verdict,
        mean=_result(block.mean),
        predictions=[
            Prediction(p.model, p.arm, None, p.tuning, p.dispersion_ratio, p.n_missing, p.dropped)
            for p in block.predictions
        ],
    )


def _result(result: CoreResult) -> Result:
    return Result(result.estimate, result.standard_error, result.df, result.p_value, _interval(result))


def _interval(result: CoreResult) -> Interval:
    i = result.interval
    return Interval(i.method, i.level, i.lower, i.upper)


def _effect(effect: core.Effect | None) -> LlmOnly | None:
    return None if effect is None else LlmOnly(effect.estimate, effect.standard_error, effect.claim)
