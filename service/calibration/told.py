"""Estimates of statistics that are calibrated on another scale, told on their own.

Formula: v = back(t), standard error |dv/dt| times that of t, interval ends turned one by one; p-value, degrees of
freedom and ratios of variances stay. Where the null value is no value of the statistic nothing was tested.
Shapes: as the analyses. Units: the statistic's own. Raises: ``numeric_overflow``.
Source: the delta method; Agresti (2013), Categorical Data Analysis, section 3.1. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from service.calibration.answer import ArmBlock, Effect, EstimateBlock
from service.calibration.effects import Analysis, finite
from service.calibration.inference import Result
from service.calibration.modelled import null_value, on_scale, statistic_of
from service.calibration.plan import Plan
from service.calibration.scales import SCALES, Scale


def told(analyses: Sequence[Analysis], plan: Plan) -> list[Analysis]:
    """The analyses as a plan's statistic is told."""
    statistic = statistic_of(plan)
    if statistic is None or statistic.scale is None:
        return list(analyses)
    scale = SCALES[statistic.scale]
    null = null_value(plan, statistic)
    tested = isfinite(on_scale(null, statistic))
    return [_told(a, scale, null if tested else plan.null_value, tested=tested) for a in analyses]


def _told(analysis: Analysis, scale: Scale, null: float, *, tested: bool) -> Analysis:
    resolved = replace(analysis.resolved, plan=replace(analysis.resolved.plan, null_value=null))
    return replace(
        analysis,
        resolved=resolved,
        estimates=tuple(_estimate(e, scale, tested=tested) for e in analysis.estimates),
        arms=tuple(_arm(a, scale) for a in analysis.arms),
    )


def _estimate(block: EstimateBlock, scale: Scale, *, tested: bool) -> EstimateBlock:
    return replace(
        block,
        result=_result(block.result, scale, tested=tested),
        p_value_adjusted=block.p_value_adjusted if tested else None,
        human_only=_result(block.human_only, scale, tested=tested),
        llm_only=_effect(block.llm_only, scale),
        models=tuple(replace(m, llm_only=_effect(m.llm_only, scale)) for m in block.models),
        alternatives=tuple(replace(a, result=_result(a.result, scale, tested=tested)) for a in block.alternatives),
    )


def _arm(block: ArmBlock, scale: Scale) -> ArmBlock:
    return replace(block, mean=_result(block.mean, scale, tested=False))


def _result(result: Result, scale: Scale, *, tested: bool) -> Result:
    value, interval = scale.back(result.estimate), result.interval
    return finite(
        Result(
            estimate=value,
            standard_error=scale.slope(value) * result.standard_error,
            df=result.df,
            p_value=result.p_value if tested else None,
            interval=replace(interval, lower=_end(interval.lower, scale), upper=_end(interval.upper, scale)),
        )
    )


def _end(value: float | None, scale: Scale) -> float | None:
    return None if value is None else scale.back(value)


def _effect(effect: Effect | None, scale: Scale) -> Effect | None:
    """An LLM's own number; none where it is beyond all numbers."""
    if effect is None:
        return None
    value = scale.back(effect.estimate)
    error = None if effect.standard_error is None else scale.slope(value) * effect.standard_error
    return Effect(value, error) if isfinite(value + (error or 0.0)) else None
