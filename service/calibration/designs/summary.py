"""From counts to the answer's figures: groups, arms, models, standard error, power, value of each model.

**Shapes** one record per group with a positive count, per arm, per model.
**Units** money rounded to 12 significant digits, everything else as computed.
**Assumes** what design.py assumes.
**Breaks** nothing known.
**Raises** what model_value.py raises.
**Source** the wire contract of /v1/designs.
**Differs** nothing known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from service.calibration.designs.allocation import Allocation
from service.calibration.designs.answer import ArmCount, ContinuousDesign, GroupCount, ModelValue, WholeDesign
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.market import Market, Plan, worst_variance
from service.calibration.designs.model_value import break_even_price, variance_without
from service.calibration.designs.power import interval_width, minimum_detectable_effect, two_sided_power


@dataclass(frozen=True, slots=True)
class Aim:
    """What the study is to detect: an effect (None: unknown), the power asked for, the confidence level."""

    effect: float | None = None
    power: float = 0.8
    confidence_level: float = 0.95


def money(amount: float) -> float:
    """The amount to 12 significant digits: sums of prices like 0.1 carry binary dust beyond."""
    return float(f"{amount:.12g}")


def continuous_design(market: Market, optimum: Allocation) -> ContinuousDesign:
    """The unrounded optimum in the answer's words; groups below 1e-6 of the spending are left out."""
    groups = group_counts(market, optimum.counts)
    return ContinuousDesign(
        groups,
        _units(groups, human=True),
        _units(groups, human=False),
        money(float(market.prices @ optimum.counts)),
        math.sqrt(optimum.variance),
    )


def group_counts(market: Market, counts: Vector) -> tuple[GroupCount, ...]:
    """Groups with a positive count, humans first."""
    joint, smallest = market.joint, 1e-9 * float(counts.sum())
    return tuple(
        GroupCount(
            None if group.arm is None else joint.arms[group.arm],
            group.human,
            tuple(joint.models[k] for k in group.models),
            float(n),
            money(group.unit_cost),
        )
        for group, n in zip(market.groups, counts, strict=True)
        if n > smallest
    )


def _units(groups: tuple[GroupCount, ...], *, human: bool) -> float:
    return sum((group.n for group in groups if group.human is human), 0.0)


def whole_summary(market: Market, plan: Plan, aim: Aim, variance_per_human: float) -> WholeDesign:
    """The whole design with everything derived from it."""
    groups = group_counts(market, plan.counts)
    variance = worst_variance(market, plan.counts)
    standard_error = math.sqrt(variance)
    n_human, n_llm_only = _units(groups, human=True), _units(groups, human=False)
    return WholeDesign(
        groups=groups,
        arms=_arm_counts(market, groups),
        n_human=n_human,
        n_llm_only=n_llm_only,
        sampling_ratio=n_llm_only / n_human,
        draws_per_persona=1,
        models=_model_values(market, plan),
        cost=money(plan.cost(market)),
        standard_error=standard_error,
        interval_width=interval_width(standard_error, aim.confidence_level),
        effective_sample_size=variance_per_human / variance,
        mde=minimum_detectable_effect(standard_error, aim.power, aim.confidence_level),
        power=None if aim.effect is None else two_sided_power(aim.effect, standard_error, aim.confidence_level),
        optimality_gap=plan.optimum.optimality_gap,
    )


def _arm_counts(market: Market, groups: tuple[GroupCount, ...]) -> tuple[ArmCount, ...]:
    shared = market.joint.prediction_design == "shared"
    return tuple(
        ArmCount(
            arm,
            sum((group.n for group in groups if group.human and group.arm == arm), 0.0),
            None if shared else sum((group.n for group in groups if not group.human and group.arm == arm), 0.0),
        )
        for arm in market.joint.arms
    )


def _model_values(market: Market, plan: Plan) -> tuple[ModelValue, ...]:
    joint = market.joint
    answers_per_unit = joint.n_arms if joint.prediction_design == "shared" else 1
    values = []
    for k, name in enumerate(joint.models):
        units = sum(n for group, n in zip(market.groups, plan.counts, strict=True) if k in group.models)
        answers = float(units) * answers_per_unit
        marginal = max(0.0, variance_without(market, k, plan.budget) / plan.optimum.variance - 1)
        price = break_even_price(market, k, plan.budget) if market.many_solves else None
        values.append(ModelValue(name, answers, money(answers * market.costs.llm[k]), marginal, price))
    return tuple(values)
