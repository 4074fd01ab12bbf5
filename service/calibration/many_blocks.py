"""The blocks of many outcomes from numbers of all of them: what ``effects`` and ``blocks`` say of one.

Formula: as there, for one prediction column and arms with pools of their own.
Shapes: K outcomes, D arms; arrays (K,); lists by outcome. Units: each outcome's own.
Raises: nothing. Source: as ``blocks``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from service.calibration import assumptions
from service.calibration.answer import ArmBlock, Effect, EstimateBlock, ModelBlock, PredictionBlock, Verdict
from service.calibration.contrast import Contrast
from service.calibration.effects import NO_VARIANCE
from service.calibration.inference import ROUNDING, Interval, Result, level
from service.calibration.matrix import ArmResults, BoolArray, Inferred, contrasted, inferred
from service.calibration.moments import FloatArray
from service.calibration.resolution import Resolved
from service.calibration.rows import rows
from service.calibration.samples import Block


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of one kind: the first one resolved, all of them, each arm's results, and where it takes its slope."""

    resolved: Resolved
    block: Block
    arms: Sequence[ArmResults]
    used: Sequence[BoolArray]

    def verdicts(self, used: BoolArray) -> list[Verdict]:
        """The verdict of every outcome from whether it takes a slope (K,)."""
        asked = self.resolved.plan.estimator != "human_only"
        unused: Verdict = "human_only_chosen" if asked else "human_only_requested"
        return ["llm_used" if on else unused for on in used.tolist()]

    def inferred(self, contrast: FloatArray, used: Sequence[BoolArray]) -> Inferred:
        """Inference about a contrast (D,) of every outcome."""
        value, variance, df = contrasted(self.arms, used, contrast)
        origins = level(contrast) * self.block.origins
        plan = self.resolved.plan
        return inferred(value + origins, variance, df, plan.confidence_level, plan.null_value)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A contrast's numbers, each (K,)."""

    calibrated: Inferred
    human: Inferred
    llm_only: FloatArray
    llm_only_error: FloatArray
    ratio: FloatArray
    correlation: FloatArray

    def sound(self, error_rate: float) -> BoolArray:
        """Whether all are finite and no p-value is at the error rate up to rounding, where the interval decides."""
        found = np.isfinite(self.llm_only + self.llm_only_error + self.correlation) & (self.ratio > 2.0 * NO_VARIANCE)
        for part in (self.calibrated, self.human):
            found &= np.isfinite(part.lower + part.upper + part.df + part.p_value)
            found &= np.abs(part.p_value - error_rate) > 2.0 * ROUNDING * error_rate
        return found & np.isfinite(self.ratio)


@dataclass(frozen=True, slots=True)
class Estimates:
    """Of every outcome (K,): whether its numbers are sound, whether an LLM made an estimate worse, and its blocks."""

    sound: BoolArray
    harmed: BoolArray
    blocks: list[tuple[EstimateBlock, ...]]


def estimates(outcomes: Outcomes, p_values: Sequence[FloatArray]) -> Estimates:
    """Every contrast's blocks; ``p_values`` (K,) of every arm's test of exchangeability, none without one."""
    contrasts = outcomes.resolved.contrasts
    numbers = [_numbers(outcomes, contrast.weights) for contrast in contrasts]
    error_rate = 1.0 - outcomes.resolved.plan.confidence_level
    blocks = [_estimate_blocks(outcomes, *pair, p_values) for pair in zip(contrasts, numbers, strict=True)]
    return Estimates(
        np.logical_and.reduce([each.sound(error_rate) for each in numbers]),
        np.logical_or.reduce([each.ratio > 1.0 for each in numbers]),
        list(zip(*blocks, strict=True)),
    )


def _numbers(outcomes: Outcomes, contrast: FloatArray) -> _Numbers:
    calibrated = outcomes.inferred(contrast, outcomes.used)
    human = outcomes.inferred(contrast, [np.zeros_like(on) for on in outcomes.used])
    llm_only, error = _llm_only(outcomes, contrast)
    relative = calibrated.standard_error / human.standard_error
    return _Numbers(calibrated, human, llm_only, error, relative * relative, _ppi_correlation(outcomes.arms, contrast))


def _llm_only(outcomes: Outcomes, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The LLM-only estimate of a contrast and its standard error."""
    value = level(contrast) * outcomes.block.column_origins
    variance = np.zeros_like(value)
    for t, arm in zip(contrast.tolist(), outcomes.arms, strict=True):
        m = arm.pool_size - arm.n
        value = value + t * arm.llm_only_mean
        variance += t * t * arm.llm_only_scatter / (m * (m - 1))
    return value, np.sqrt(np.maximum(variance, 0.0))


def _ppi_correlation(arms: Sequence[ArmResults], contrast: FloatArray) -> FloatArray:
    """Root of the share of a contrast's variance that an infinite pool would remove, signed for one arm."""
    weights = (contrast * contrast).tolist()
    top = sum(t * a.human_variance * np.maximum(a.r_squared, 0.0) for t, a in zip(weights, arms, strict=True))
    bottom = sum(t * a.human_variance for t, a in zip(weights, arms, strict=True))
    size = np.sqrt(np.minimum(1.0, top / bottom))
    alone = np.flatnonzero(contrast).tolist()
    return np.asarray(np.copysign(size, arms[alone[0]].slope) if len(alone) == 1 else size)


def _estimate_blocks(
    outcomes: Outcomes, contrast: Contrast, numbers: _Numbers, p_values: Sequence[FloatArray]
) -> list[EstimateBlock]:
    arms = np.flatnonzero(contrast.weights).tolist()
    used = [outcomes.used[d] for d in arms]
    sloped, n, count = np.logical_or.reduce(used), sum(outcomes.arms[d].n for d in arms), len(outcomes.block.places)
    alone = rows(
        Effect,
        count,
        estimate=numbers.llm_only.tolist(),
        standard_error=numbers.llm_only_error.tolist(),
        claim=repeat("exploratory"),
    )
    return rows(
        EstimateBlock,
        count,
        subgroup=repeat(outcomes.block.subgroup),
        pooled=repeat(None),
        name=repeat(contrast.name),
        outcome=outcomes.block.outcomes,
        component=repeat(None),
        claim=assumptions.claims([p_values[d] for d in arms], used) if p_values else repeat("confirmatory"),
        verdict=outcomes.verdicts(sloped),
        result=_results(outcomes, numbers.calibrated),
        human_only=_results(outcomes, numbers.human),
        llm_only=alone,
        models=zip(_models(outcomes, numbers, alone), strict=True),
        variance_ratio=numbers.ratio.tolist(),
        human_sample_size=repeat(n),
        effective_sample_size=np.where(sloped, n / numbers.ratio, float(n)).tolist(),
        ppi_correlation=numbers.correlation.tolist(),
        alternatives=repeat(()),
        p_value_adjusted=repeat(None),
    )


def _models(outcomes: Outcomes, numbers: _Numbers, alone: Sequence[Effect]) -> list[ModelBlock]:
    """The only model's block of every outcome, whose estimate without humans is that of all models."""
    return rows(
        ModelBlock,
        len(alone),
        name=outcomes.block.models,
        llm_only=alone,
        ppi_correlation=numbers.correlation.tolist(),
        variance_ratio_without=repeat(1.0),
        icc=repeat(None),
        cross_fitted_variance_ratio=repeat(None),
        selected_share=repeat(None),
    )


def _results(outcomes: Outcomes, found: Inferred, *, tested: bool = True) -> list[Result]:
    count = len(outcomes.block.places)
    interval = rows(
        Interval,
        count,
        method=repeat("t"),
        level=repeat(outcomes.resolved.plan.confidence_level),
        lower=found.lower.tolist(),
        upper=found.upper.tolist(),
    )
    return rows(
        Result,
        count,
        estimate=found.estimate.tolist(),
        standard_error=found.standard_error.tolist(),
        df=found.df.tolist(),
        p_value=found.p_value.tolist() if tested else repeat(None),
        interval=interval,
    )


def arms(outcomes: Outcomes) -> list[tuple[ArmBlock, ...]]:
    """Every outcome's arm blocks."""
    return list(zip(*(_arm_blocks(outcomes, d) for d in range(len(outcomes.arms))), strict=True))


def _arm_blocks(outcomes: Outcomes, arm: int) -> list[ArmBlock]:
    unit = np.zeros(len(outcomes.arms))
    unit[arm] = 1.0
    numbers, used, count = outcomes.arms[arm], outcomes.used[arm], len(outcomes.block.places)
    predictions = rows(
        PredictionBlock,
        count,
        model=outcomes.block.models,
        arm=repeat(None),
        tuning=np.where(used, numbers.slope, 0.0).tolist(),
        category=repeat(None),
        dispersion_ratio=np.sqrt(numbers.prediction_scatter / numbers.human_scatter).tolist(),
        n_missing=repeat(0),
        dropped=repeat(False),
    )
    return rows(
        ArmBlock,
        count,
        subgroup=repeat(outcomes.block.subgroup),
        name=repeat(outcomes.resolved.sample.arms[arm]),
        outcome=outcomes.block.outcomes,
        component=repeat(None),
        n_human=repeat(numbers.n),
        n_llm_only=repeat(numbers.pool_size - numbers.n),
        r_squared=numbers.r_squared.tolist(),
        adjusted_r_squared=numbers.adjusted_r_squared.tolist(),
        verdict=outcomes.verdicts(used),
        mean=_results(outcomes, outcomes.inferred(unit, outcomes.used), tested=False),
        predictions=zip(predictions, strict=True),
    )
