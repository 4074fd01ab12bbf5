"""The blocks of many outcomes from numbers of all of them: what ``effects`` and ``blocks`` say of one.

Formula: as there, for one prediction column and arms with pools of their own.
Shapes: K outcomes, D arms; arrays (K,); lists by outcome. Units: each outcome's own.
Raises: nothing. Source: as ``blocks``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration import assumptions
from service.calibration.answer import ArmBlock, Effect, EstimateBlock, ModelBlock, PredictionBlock, Verdict
from service.calibration.assumptions import ReferenceTest
from service.calibration.contrast import Contrast
from service.calibration.effects import NO_VARIANCE, effective
from service.calibration.inference import ROUNDING, Interval, Result, level
from service.calibration.matrix import ArmResults, BoolArray, Inferred, contrasted, inferred
from service.calibration.moments import FloatArray
from service.calibration.resolution import Resolved
from service.calibration.samples import Block


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of one kind: the first one resolved, all of them, each arm's results, and where it takes its slope."""

    resolved: Resolved
    block: Block
    arms: Sequence[ArmResults]
    used: Sequence[BoolArray]

    @property
    def unused(self) -> Verdict:
        """The verdict of an arm that takes no slope."""
        return "human_only_requested" if self.resolved.plan.estimator == "human_only" else "human_only_chosen"

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


def estimates(
    outcomes: Outcomes, tests: Sequence[ReferenceTest | None]
) -> tuple[BoolArray, list[tuple[EstimateBlock, ...]]]:
    """Whether the numbers of every outcome are sound (K,), and its blocks."""
    sound, blocks = [], []
    for contrast in outcomes.resolved.contrasts:
        numbers = _numbers(outcomes, contrast.weights)
        sound.append(numbers.sound(1.0 - outcomes.resolved.plan.confidence_level))
        blocks.append(list(_estimate_blocks(outcomes, contrast, tests, numbers)))
    return np.logical_and.reduce(sound), list(zip(*blocks, strict=True))


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
    outcomes: Outcomes, contrast: Contrast, tests: Sequence[ReferenceTest | None], numbers: _Numbers
) -> Iterator[EstimateBlock]:
    arms = np.flatnonzero(contrast.weights).tolist()
    n = sum(outcomes.arms[d].n for d in arms)
    used = zip(*(outcomes.used[d].tolist() for d in arms), strict=True)
    results, human = _results(outcomes, numbers.calibrated), _results(outcomes, numbers.human)
    beside = (numbers.llm_only, numbers.llm_only_error, numbers.ratio, numbers.correlation)
    rows = zip(*(column.tolist() for column in beside), strict=True)
    everything = zip(outcomes.block.outcomes, outcomes.block.models, tests, used, results, human, rows, strict=True)
    for outcome, model, test, on, result, own, row in everything:
        alone, alone_error, ratio, correlation = row
        effect = Effect(alone, alone_error)
        verdict: Verdict = "llm_used" if any(on) else outcomes.unused
        yield EstimateBlock(
            name=contrast.name,
            outcome=outcome,
            component=None,
            claim=assumptions.claim(test, [d for d, sloped in zip(arms, on, strict=True) if sloped]),
            verdict=verdict,
            result=result,
            human_only=own,
            llm_only=effect,
            models=(ModelBlock(model, effect, correlation, 1.0, None),),
            variance_ratio=ratio,
            human_sample_size=n,
            effective_sample_size=effective(n, ratio, verdict),
            ppi_correlation=correlation,
            alternatives=(),
        )


def _results(outcomes: Outcomes, found: Inferred, *, tested: bool = True) -> Iterator[Result]:
    confidence = outcomes.resolved.plan.confidence_level
    columns = (found.estimate, found.standard_error, found.df, found.p_value, found.lower, found.upper)
    for value, error, df, p_value, lower, upper in zip(*(c.tolist() for c in columns), strict=True):
        yield Result(value, error, df, p_value if tested else None, Interval("t", confidence, lower, upper))


def arms(outcomes: Outcomes) -> list[tuple[ArmBlock, ...]]:
    """Every outcome's arm blocks."""
    return list(zip(*(_arm_blocks(outcomes, d) for d in range(len(outcomes.arms))), strict=True))


def _arm_blocks(outcomes: Outcomes, arm: int) -> Iterator[ArmBlock]:
    unit = np.zeros(len(outcomes.arms))
    unit[arm] = 1.0
    numbers, name = outcomes.arms[arm], outcomes.resolved.sample.arms[arm]
    means = _results(outcomes, outcomes.inferred(unit, outcomes.used), tested=False)
    columns = (
        numbers.r_squared,
        numbers.adjusted_r_squared,
        np.where(outcomes.used[arm], numbers.slope, 0.0),
        np.sqrt(numbers.prediction_scatter / numbers.human_scatter),
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    block = outcomes.block
    everything = zip(block.outcomes, block.models, outcomes.used[arm].tolist(), means, rows, strict=True)
    for outcome, model, on, mean, row in everything:
        r_squared, adjusted, tuning, dispersion = row
        yield ArmBlock(
            name=name,
            outcome=outcome,
            component=None,
            n_human=numbers.n,
            n_llm_only=numbers.pool_size - numbers.n,
            r_squared=r_squared,
            adjusted_r_squared=adjusted,
            verdict="llm_used" if on else outcomes.unused,
            mean=mean,
            predictions=(PredictionBlock(model, None, tuning, None, dispersion, 0, dropped=False),),
        )
