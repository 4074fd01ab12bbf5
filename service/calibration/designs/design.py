"""The sampling design of a study: how many humans, how many LLM answers of which models, and what it achieves.

Effective sample size: number of humans, allocated over the arms as humans alone would best be, that give the same
variance, V_1/Var with V_1 the best human-only variance per human: sd^2 for one population, (sum_d |t_d| sd_d)^2 for
one contrast. Cost share: cost over what those humans cost. With several contrasts the worst counts on both sides.

**Shapes** one basis, one objective; the answer's records are in answer.py.
**Units** money in one currency, standard errors in outcome units.
**Assumes** the covariances of the basis are true; normal quantiles (the study is large enough).
**Breaks** correlations from a small pilot are uncertain, and so is everything here; no bands yet.
**Raises** InvalidPlan (bad_objective, infeasible_constraints, target_out_of_reach, ...), UnsupportedCombination,
NotIdentified, TooExpensive.
**Source** Broska, Howes & van Loon (2025); see allocation.py and integers.py for the methods.
**Differs** from ppi-python's planner: several models and arms, predictions bought only where they pay, no overspending.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.calibration.designs.allocation import Allocation
from service.calibration.designs.answer import DesignAnswer, HumanOnlyDesign
from service.calibration.designs.closed_forms import rho_min
from service.calibration.designs.constraints import FREE_LLM_ONLY_CAP, Constraints, cheapest_human, in_arm
from service.calibration.designs.frontier import frontier_of
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import (
    Market,
    Plan,
    best_for_budget,
    budget_for_target,
    humans_alone,
    market_of,
    models_stripped,
    whole_design,
    worst_variance,
)
from service.calibration.designs.model_value import PAYS
from service.calibration.designs.power import two_sided_power
from service.calibration.designs.summary import Aim, continuous_design, money, whole_summary
from service.calibration.errors import InvalidPlan, NotIdentified, Problem, UnsupportedCombination, Warned

ObjectiveKind = Literal["budget", "standard_error", "effective_sample_size", "interval_width", "power", "equivalence"]
SUPPORTED = ("budget", "standard_error", "effective_sample_size")
FEW_HUMANS = 10


@dataclass(frozen=True, slots=True)
class Objective:
    """What is fixed: the money to spend, or the standard error or effective sample size to reach at least cost."""

    kind: ObjectiveKind
    value: float


@dataclass(frozen=True, slots=True)
class _Yardstick:
    """Humans alone: their market, and the best variance per human without limits."""

    market: Market
    variance_per_human: float


def design(
    basis: Basis, costs: Costs, objective: Objective, constraints: Constraints | None = None, aim: Aim | None = None
) -> DesignAnswer:
    """The optimal design and all that the answer shows of it; ``numeric_overflow`` where doubles do not suffice."""
    try:
        with np.errstate(all="ignore"):
            return _design(basis, costs, objective, constraints, aim)
    except (ArithmeticError, np.linalg.LinAlgError, ValueError) as broken:
        detail = "the quantities differ by too many orders of magnitude to be computed with"
        hint = "state prices, sizes and standard deviations in units that make them comparable"
        raise NotIdentified.at("/basis", "numeric_overflow", detail, hint) from broken


def _design(
    basis: Basis, costs: Costs, objective: Objective, constraints: Constraints | None = None, aim: Aim | None = None
) -> DesignAnswer:
    limits, aims = constraints or Constraints(), aim or Aim()
    _refuse_bad(objective, aims)
    market = market_of(basis, costs, limits)
    yardstick = _yardstick(market)
    budget, wanted = _money(market, objective, yardstick)
    humans = _human_counts(yardstick, wanted)
    optimum = best_for_budget(market, budget)
    plan = Plan(_whole(market, optimum, wanted, humans), optimum, budget)
    unit_price = yardstick.variance_per_human * costs.human
    return DesignAnswer(
        design=whole_summary(market, plan, aims, yardstick.variance_per_human),
        continuous=continuous_design(market, optimum),
        human_only=_human_only(yardstick, humans, aims),
        cost_share=float(market.prices @ optimum.counts) * optimum.variance / unit_price,
        llm_pays=optimum.variance < best_for_budget(models_stripped(market), budget).variance * (1 - PAYS),
        rho_min=_threshold(market),
        frontier=frontier_of(market, plan),
        warnings=(*basis.warnings, *_doubts(market, plan)),
    )


def _refuse_bad(objective: Objective, aim: Aim) -> None:
    if objective.kind not in SUPPORTED:
        raise UnsupportedCombination.at(
            "/objective/kind",
            "unsupported_combination",
            "this objective is not computed yet",
            "use one of " + ", ".join(SUPPORTED),
        )
    pointer = f"/objective/{objective.kind}"
    problems = []
    if not (math.isfinite(objective.value) and objective.value > 0):
        problems.append(Problem(pointer, "bad_objective", "the value is not a finite number above zero", "give one"))
    for name, value in (("power", aim.power), ("confidence_level", aim.confidence_level)):
        if not 0 < value < 1:
            problems.append(
                Problem(f"/{name}", "bad_probability", "not between 0 and 1", "give a number inside (0, 1)")
            )
    if aim.effect is not None and not math.isfinite(aim.effect):
        problems.append(Problem("/effect", "not_finite", "the effect is not a finite number", "give a finite effect"))
    if problems:
        raise InvalidPlan(problems)


def _yardstick(market: Market) -> _Yardstick:
    unlimited, D = humans_alone(market, Constraints()), market.joint.n_arms
    budget = D * market.costs.human
    return _Yardstick(humans_alone(market, market.constraints), best_for_budget(unlimited, budget).variance * D)


def _money(market: Market, objective: Objective, yardstick: _Yardstick) -> tuple[float, Wanted]:
    """Budget of the continuous optimum, and what the whole numbers must respect."""
    if objective.kind == "budget":
        return objective.value, Wanted(budget=objective.value)
    if objective.kind == "standard_error":
        variance = objective.value**2
    else:
        variance = yardstick.variance_per_human / objective.value
    return budget_for_target(market, variance), Wanted(variance=variance)


def _whole(market: Market, optimum: Allocation, wanted: Wanted, humans: Vector | None) -> Vector:
    """The whole design, or humans alone where rounding makes them better or cheaper."""
    alone = None if humans is None else _placed(market, humans)
    options = [one for one in (whole_design(market, optimum.counts, wanted), alone) if one is not None]
    if not options:
        raise InvalidPlan.at(
            "/constraints",
            "infeasible_constraints",
            "no whole numbers of units meet the limits",
            "loosen a limit or raise the budget by the price of a human answer",
        )
    if wanted.budget is not None:
        return min(options, key=lambda one: worst_variance(market, one))
    return min(options, key=lambda one: float(market.prices @ one))


def _placed(market: Market, humans: Vector) -> Vector:
    """Humans by arm as counts of the market's cheapest human groups, (G,)."""
    placed = np.zeros(len(market.groups))
    placed[cheapest_human(market.groups, market.joint.n_arms)] = humans
    return placed


def _human_counts(yardstick: _Yardstick, wanted: Wanted) -> Vector | None:
    """Whole humans by arm for the same budget or target, without any LLM; None where the limits rule it out."""
    alone = yardstick.market
    try:
        budget = wanted.budget or budget_for_target(alone, wanted.variance or 0.0)
        return whole_design(alone, best_for_budget(alone, budget).counts, wanted)
    except InvalidPlan:
        return None


def _human_only(yardstick: _Yardstick, humans: Vector | None, aim: Aim) -> HumanOnlyDesign:
    if humans is None:
        return HumanOnlyDesign(None, None, None, None)
    standard_error = math.sqrt(worst_variance(yardstick.market, humans))
    power = None if aim.effect is None else two_sided_power(aim.effect, standard_error, aim.confidence_level)
    return HumanOnlyDesign(float(humans.sum()), money(float(yardstick.market.prices @ humans)), standard_error, power)


def _threshold(market: Market) -> float | None:
    """Smallest useful correlation, where one LLM and no twin makes it one number."""
    costs = market.costs
    if len(costs.llm) != 1 or market.joint.prediction_design == "shared":
        return None
    return rho_min(costs.llm[0] / costs.human, costs.persona / costs.human)


def _doubts(market: Market, plan: Plan) -> list[Warned]:
    doubts = []
    asked = np.any(market.contrasts != 0, axis=0)
    if float((in_arm(market.groups, market.joint.n_arms) @ plan.counts)[asked].min()) < FEW_HUMANS:
        message = "an arm gets fewer than 10 humans: normal intervals and stated correlations are not to be trusted"
        doubts.append(Warned("few_humans", message, "/constraints/min_human_per_arm"))
    if not market.many_solves:
        message = "a problem this large is solved once: no break-even prices, and under count limits no frontier"
        doubts.append(Warned("large_design", message, "/basis"))
    capped = market.constraints.max_llm_only is None and np.any(market.prices == 0)
    if capped:
        message = f"LLM-only units cost nothing; at most {FREE_LLM_ONLY_CAP:.0f} are planned"
        doubts.append(Warned("free_llm_capped", message, "/constraints/max_llm_only"))
    return doubts
