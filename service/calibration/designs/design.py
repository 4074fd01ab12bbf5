"""The sampling design of a study: how many humans, how many LLM answers of which models, and what it achieves.

Effective sample size: number of humans, allocated over the arms as humans alone would best be, that give the same
variance, V_1/Var with V_1 the best human-only variance per human: sd^2 for one population, (sum_d |t_d| sd_d)^2 for
one contrast. Cost share: cost over what those humans cost. With several contrasts the worst counts on both sides.

**Shapes** one basis, one objective; the answer's records are in answer.py.
**Units** money in one currency, standard errors in outcome units.
**Assumes** the covariances of the basis are true; normal quantiles (the study is large enough).
**Breaks** correlations from a small pilot are uncertain, and so is everything here: see the bands.
**Raises** InvalidPlan (bad_objective, infeasible_constraints, target_out_of_reach, ...), UnsupportedCombination,
NotIdentified, TooExpensive.
**Source** Broska, Howes & van Loon (2025); see allocation.py and integers.py for the methods.
**Differs** from ppi-python's planner: several models and arms, predictions bought only where they pay, no overspending.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from service.calibration.designs.allocation import Allocation
from service.calibration.designs.answer import DesignAnswer, HumanOnlyDesign, RobustDesign, WholeDesign
from service.calibration.designs.bands import Scenario, bands_of, scenarios_weighed, variance_per_human
from service.calibration.designs.closed_forms import rho_min
from service.calibration.designs.constraints import FREE_LLM_ONLY_CAP, Constraints, cheapest_human, in_arm
from service.calibration.designs.draws import Draws, basis_at, best_of, check_draws, one_draw
from service.calibration.designs.frontier import frontier_of
from service.calibration.designs.groups import Costs
from service.calibration.designs.integers import Wanted
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import (
    Best,
    Market,
    Plan,
    best_for_budget,
    best_variance,
    budget_for_target,
    humans_alone,
    market_of,
    models_stripped,
    quick_best,
    whole_design,
    worst_variance,
)
from service.calibration.designs.model_value import PAYS
from service.calibration.designs.objective import Aim, Objective, check_objective, wanted_of
from service.calibration.designs.robust import robust_counts
from service.calibration.designs.summary import continuous_design, money, other_counts, whole_summary
from service.calibration.designs.top_up import top_up
from service.calibration.errors import InvalidPlan, NotIdentified, Warned

FEW_HUMANS = 10


@dataclass(frozen=True, slots=True)
class _Yardstick:
    """Humans alone: their market, and the best variance per human without limits."""

    market: Market
    variance_per_human: float


@dataclass(frozen=True, slots=True)
class Question:
    """Everything asked beside the basis and the prices; ``draws`` None: one draw per persona."""

    objective: Objective
    constraints: Constraints = field(default_factory=Constraints)
    aim: Aim = field(default_factory=Aim)
    draws: Draws | None = None


def design(
    basis: Basis, costs: Costs, objective: Objective, constraints: Constraints | None = None, aim: Aim | None = None
) -> DesignAnswer:
    """The answer to a question about one draw per persona; see ``answer``."""
    return answer(basis, costs, Question(objective, constraints or Constraints(), aim or Aim()))


def answer(basis: Basis, costs: Costs, question: Question) -> DesignAnswer:
    """The optimal design and all that the answer shows of it; ``numeric_overflow`` where doubles do not suffice."""
    objective, aim = question.objective, question.aim
    check_objective(objective, aim)
    if objective.kind == "equivalence":
        aim = replace(aim, margin=objective.value)
    with refusing_overflow():
        return _answer(basis, costs, replace(question, aim=aim))


@contextmanager
def refusing_overflow() -> Iterator[None]:
    """Turns what doubles cannot hold into the refusal ``numeric_overflow``."""
    try:
        with np.errstate(all="ignore"):
            yield
    except (ArithmeticError, np.linalg.LinAlgError, ValueError) as broken:
        detail = "the quantities differ by too many orders of magnitude to be computed with"
        hint = "state prices, sizes and standard deviations in units that make them comparable"
        raise NotIdentified.at("/basis", "numeric_overflow", detail, hint) from broken


def _answer(basis: Basis, costs: Costs, question: Question) -> DesignAnswer:
    objective, aim = question.objective, question.aim
    drawn, market = _at_best_draws(basis, costs, question)
    yardstick = _yardstick(market)
    wanted = wanted_of(objective, aim, yardstick.variance_per_human)
    budget = _money(market, wanted)
    humans = _human_counts(yardstick, wanted)
    optimum = best_for_budget(market, budget)
    plan = Plan(_whole(market, optimum, wanted, humans), optimum, budget)
    unit_price = yardstick.variance_per_human * costs.human
    whole = whole_summary(market, plan, aim, yardstick.variance_per_human)
    scenarios = scenarios_weighed(market, drawn.scenarios, plan, objective)
    more = top_up(market, basis, wanted, budget) if basis.collected and market.many_solves else None
    return DesignAnswer(
        design=whole,
        continuous=continuous_design(market, optimum),
        human_only=_human_only(yardstick, humans, aim),
        cost_share=float(market.prices @ optimum.counts) * optimum.variance / unit_price,
        llm_pays=optimum.variance < best_for_budget(models_stripped(market), budget).variance * (1 - PAYS),
        rho_min=_threshold(market),
        frontier=frontier_of(market, plan),
        warnings=(*drawn.warnings, *_doubts(market, plan)),
        bands=bands_of(scenarios, plan, objective, aim) if scenarios else None,
        robust=_robust(market, plan, scenarios, whole, aim) if scenarios else None,
        top_up=more,
    )


def _at_best_draws(basis: Basis, costs: Costs, question: Question) -> tuple[Basis, Market]:
    """Basis and market at the number of draws per persona that serves the question best."""
    joint, limits = basis.joint, question.constraints
    draws = question.draws or one_draw(joint)
    check_draws(joint, draws)

    def at(k: int) -> tuple[Basis, Market]:
        drawn = basis_at(basis, draws, k)
        return drawn, market_of(drawn, costs, limits, k)

    def worth(k: int) -> float:
        market = at(k)[1]
        wanted = wanted_of(question.objective, question.aim, variance_per_human(market))
        try:
            return best_variance(market, wanted.budget) if wanted.budget else _money(market, wanted, quick_best)
        except InvalidPlan:
            return math.inf

    first = at(1)
    if draws.most == 1:
        return first
    candidates = [k for k in range(1, draws.most + 1) if first[1].many_solves or k.bit_count() == 1]
    return at(best_of(candidates, worth))


def _robust(market: Market, plan: Plan, scenarios: list[Scenario], whole: WholeDesign, aim: Aim) -> RobustDesign:
    """The robust design's figures; what models are worth is the market's and not asked again."""
    found = robust_counts(market, plan, scenarios)
    judged = other_counts(market, found.counts, whole, aim)
    return RobustDesign(replace(judged, optimality_gap=found.gap), found.worst_regret, found.plug_in_worst_regret)


def _yardstick(market: Market) -> _Yardstick:
    unlimited, D = humans_alone(market, Constraints()), market.joint.n_arms
    budget = D * market.costs.human
    return _Yardstick(humans_alone(market, market.constraints), best_for_budget(unlimited, budget).variance * D)


def _money(market: Market, wanted: Wanted, best: Best = best_for_budget) -> float:
    """Budget of the continuous optimum."""
    if wanted.variance is None:
        assert wanted.budget is not None
        return wanted.budget
    return budget_for_target(market, wanted.variance, best)


def _whole(market: Market, optimum: Allocation, wanted: Wanted, humans: Vector | None) -> Vector:
    """The whole design, or humans alone where rounding makes them better or cheaper."""
    alone = None if humans is None else _placed(market, humans)
    options = [one for one in (whole_design(market, optimum.counts, wanted), alone) if one is not None]
    if not options and wanted.variance is not None:
        detail = "no whole numbers of units, up to a million millions, reach the target within the limits"
        raise InvalidPlan.at("/objective", "target_out_of_reach", detail, "ask for less precision, or loosen a limit")
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
    cost = money(float(yardstick.market.prices @ humans))
    return HumanOnlyDesign(float(humans.sum()), cost, standard_error, aim.power_at(standard_error))


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
        message = (
            "a problem this large is solved once: no break-even prices, bands, robust design or top-up, "
            "and under count limits no frontier"
        )
        doubts.append(Warned("large_design", message, "/basis"))
    capped = market.constraints.max_llm_only is None and np.any(market.prices == 0)
    if capped:
        message = f"LLM-only units cost nothing; at most {FREE_LLM_ONLY_CAP:.0f} are planned"
        doubts.append(Warned("free_llm_capped", message, "/constraints/max_llm_only"))
    return doubts
