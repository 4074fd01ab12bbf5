"""Estimates and arms on the wire: the parts of an answer that hold numbers."""

from __future__ import annotations

import msgspec

from service.calibration import answer as core
from service.calibration.inference import Interval as CoreInterval
from service.calibration.inference import Result as CoreResult
from service.calibration.plan import IntervalName


class Interval(msgspec.Struct, frozen=True):
    """A confidence interval; an open end is null."""

    method: IntervalName
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
    """One LLM's part in an estimate.

    With model_selection best: the variance ratio if every fold took this model (cross-fitted: slopes have not seen the
    answers they are scored on), and the share of the humans whose fold took it; else null.
    """

    name: str
    llm_only: LlmOnly | None
    ppi_correlation: float | None
    variance_ratio_without: float | None
    icc: float | None
    cross_fitted_variance_ratio: float | None
    selected_share: float | None


class Pooled(msgspec.Struct, frozen=True):
    """A subgroup's estimate drawn towards the mean of all; shrinkage 0 is its own, 1 the mean."""

    estimate: float
    standard_error: float
    df: float | None
    interval: Interval
    shrinkage: float


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
    """One estimate: calibrated, human-only and LLM-only side by side; subgroup null is of everyone."""

    name: str
    outcome: str
    component: str | None
    subgroup: str | None
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
    pooled: Pooled | None
    alternatives: list[Alternative]


class Prediction(msgspec.Struct, frozen=True):
    """One prediction column in one arm; ``tuning`` is its slope."""

    model: str
    arm: str | None
    category: str | None
    tuning: float
    dispersion_ratio: float | None
    n_missing: int
    dropped: bool


class Arm(msgspec.Struct, frozen=True):
    """One arm: calibrated mean, sizes, what the LLM explains; subgroup null is of everyone."""

    name: str
    outcome: str
    component: str | None
    subgroup: str | None
    n_human: int
    n_llm_only: int
    r_squared: float | None
    adjusted_r_squared: float | None
    verdict: core.Verdict
    mean: Result
    predictions: list[Prediction]


class Heterogeneity(msgspec.Struct, frozen=True):
    """Whether an estimate differs between subgroups by more than chance: Cochran's Q, its p-value by Welch, I^2."""

    name: str
    outcome: str
    component: str | None
    n_subgroups: int
    q: float | None
    p_value: float | None
    i_squared: float | None
    between_sd: float | None


def estimate(block: core.EstimateBlock) -> Estimate:
    """The wire form of one estimate."""
    result = block.result
    return Estimate(
        name=block.name,
        outcome=block.outcome,
        component=block.component,
        subgroup=block.subgroup,
        claim=block.claim,
        estimate=result.estimate,
        standard_error=result.standard_error,
        df=result.df,
        p_value=result.p_value,
        p_value_adjusted=block.p_value_adjusted,
        interval=interval(result.interval),
        human_only=_result(block.human_only),
        llm_only=_effect(block.llm_only),
        models=[_model_part(m) for m in block.models],
        variance_ratio=block.variance_ratio,
        human_sample_size=block.human_sample_size,
        effective_sample_size=block.effective_sample_size,
        ppi_correlation=block.ppi_correlation,
        verdict=block.verdict,
        pooled=_pooled(block.pooled),
        alternatives=[
            Alternative(
                a.estimator,
                a.result.estimate,
                a.result.standard_error,
                a.result.df,
                a.result.p_value,
                interval(a.result.interval),
                a.variance_ratio,
                a.effective_sample_size,
            )
            for a in block.alternatives
        ],
    )


def _model_part(block: core.ModelBlock) -> ModelPart:
    return ModelPart(
        block.name,
        _effect(block.llm_only),
        block.ppi_correlation,
        block.variance_ratio_without,
        block.icc,
        block.cross_fitted_variance_ratio,
        block.selected_share,
    )


def arm(block: core.ArmBlock) -> Arm:
    """The wire form of one arm."""
    return Arm(
        name=block.name,
        outcome=block.outcome,
        component=block.component,
        subgroup=block.subgroup,
        n_human=block.n_human,
        n_llm_only=block.n_llm_only,
        r_squared=block.r_squared,
        adjusted_r_squared=block.adjusted_r_squared,
        verdict=block.verdict,
        mean=_result(block.mean),
        predictions=[
            Prediction(p.model, p.arm, p.category, p.tuning, p.dispersion_ratio, p.n_missing, p.dropped)
            for p in block.predictions
        ],
    )


def _result(result: CoreResult) -> Result:
    return Result(result.estimate, result.standard_error, result.df, result.p_value, interval(result.interval))


def interval(found: CoreInterval) -> Interval:
    """The wire form of an interval."""
    return Interval(found.method, found.level, found.lower, found.upper)


def _pooled(found: core.PooledResult | None) -> Pooled | None:
    if found is None:
        return None
    return Pooled(found.estimate, found.standard_error, found.df, interval(found.interval), found.shrinkage)


def heterogeneity(found: core.Heterogeneity) -> Heterogeneity:
    """The wire form of how subgroups differ."""
    return Heterogeneity(
        found.name,
        found.outcome,
        found.component,
        found.n_subgroups,
        found.q,
        found.p_value,
        found.i_squared,
        found.between_sd,
    )


def _effect(effect: core.Effect | None) -> LlmOnly | None:
    return None if effect is None else LlmOnly(effect.estimate, effect.standard_error, effect.claim)
