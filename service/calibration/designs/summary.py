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
from dataclasses import replace

from service.calibration.designs.allocation import Allocation
from service.calibration.designs.answer import ArmCount, ContinuousDesign, GroupCount, ModelValue, WholeDesign
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.market import Market, Plan, least_budget, worst_variance
from service.calibration.designs.model_value import break_even_price, variance_without
from service.calibration.designs.objective import Aim
from service.calibration.designs.power import interval_width, minimum_detectable_effect


def money(amount: float) -> float:
    """The amount to 12 significant digits: sums of prices like 0.1 carry binary dust beyond."""
    return float(f"{amount:.12g}")


NOTHING_LEFT = 1.0 + 1e-9  # a budget this close to the price of the least humans buys nothing else


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
        draws_per_persona=market.draws,
        models=_bought(market, plan.counts, _worth(market, plan)),
        cost=money(plan.cost(market)),
        standard_error=standard_error,
        interval_width=interval_width(standard_error, aim.confidence_level),
        effective_sample_size=variance_per_human / variance,
        mde=minimum_detectable_effect(standard_error, aim.power, aim.confidence_level),
        power=aim.power_at(standard_error),
        optimality_gap=plan.optimum.optimality_gap,
    )


def other_counts(market: Market, counts: Vector, design: WholeDesign, aim: Aim) -> WholeDesign:
    """The figures of other whole counts (G,) for the same money; what models are worth is the market's."""
    groups = group_counts(market, counts)
    variance = worst_variance(market, counts)
    ratio = math.sqrt(variance) / design.standard_error
    n_human, n_llm_only = _units(groups, human=True), _units(groups, human=False)
    return replace(
        design,
        groups=groups,
        arms=_arm_counts(market, groups),
        n_human=n_human,
        n_llm_only=n_llm_only,
        sampling_ratio=n_llm_only / n_human,
        models=_bought(market, counts, [(m.marginal_value, m.break_even_price) for m in design.models]),
        cost=money(float(market.prices @ counts)),
        standard_error=math.sqrt(variance),
        interval_width=design.interval_width * ratio,
        effective_sample_size=design.effective_sample_size / ratio**2,
        mde=design.mde * ratio,
        power=aim.power_at(math.sqrt(variance)),
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


def _worth(market: Market, plan: Plan) -> list[tuple[float, float | None]]:
    """Marginal value and break-even price of one draw, model by model; nothing where the least humans take all."""
    if plan.budget <= least_budget(market) * NOTHING_LEFT:
        return [(0.0, None)] * len(market.joint.models)
    worth: list[tuple[float, float | None]] = []
    for k in range(len(market.joint.models)):
        marginal = max(0.0, variance_without(market, k, plan.budget) / plan.optimum.variance - 1)
        price = break_even_price(market, k, plan.budget) if market.many_solves else None
        worth.append((marginal, None if price is None else price / market.draws))
    return worth


def _bought(market: Market, counts: Vector, worth: list[tuple[float, float | None]]) -> tuple[ModelValue, ...]:
    """Answers of each model, every draw counted, with their cost and worth."""
    joint = market.joint
    answers_per_unit = joint.n_arms if joint.prediction_design == "shared" else 1
    values = []
    for k, (name, (marginal, price)) in enumerate(zip(joint.models, worth, strict=True)):
        units = sum(n for group, n in zip(market.groups, counts, strict=True) if k in group.models)
        answers = float(units) * answers_per_unit
        cost = money(answers * market.costs.llm[k])
        values.append(ModelValue(name, answers * market.draws, cost, marginal, price))
    return tuple(values)
