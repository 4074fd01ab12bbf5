"""Several questions or outcomes under one budget: how many units each gets, or one sample that serves them all.

Question q has its own joint covariance, prices and contrast t_q; its information is a block I_q of the whole::

    worst         minimise max_q w_q V_q             contrasts sqrt(w_q) t_q, one each
    weighted_sum  minimise sum_q w_q V_q             one contrast (sqrt(w_1) t_1, .., sqrt(w_Q) t_Q):
                                                     its variance is the sum, for I is block diagonal
    separate      a unit answers one question        groups of every question, each in its own block
    same          a unit answers every question      one set of groups, each with rows in all blocks

so both objectives and both ways are one c-optimal problem, solved to its certificate (allocation.py). With nothing but
the budget, V_q = v_q / B_q: the weighted sum splits the money as sqrt(w_q v_q), the worst as w_q v_q. Where LLM answers
cost nothing that is n_q proportional to sqrt(w_q s_q^2 (1 - rho_q^2) / c_q).

**Shapes** Q questions of D arms each; counts (G,) over the groups of all questions.
**Units** a weight multiplies a variance: 1/sd_q^2 makes outcomes comparable, 1/SE_q^2 states precisions.
**Assumes** what design.py assumes; a question is estimated from its own predictions, as ``calibrate`` does.
**Breaks** nothing known.
**Raises** InvalidPlan (bad_weight, duplicate_question, infeasible_constraints, target_out_of_reach),
UnsupportedCombination (questions that no one sample can serve, objectives of a sum), what design.py raises.
**Source** Neyman (1934); Pukelsheim, Optimal Design of Experiments (2006), chapter 3 (several parameters).
**Differs** LLM answers are bought per question where they pay, instead of being at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.designs.allocation import Allocation, variances
from service.calibration.designs.answer import FrontierPoint, QuestionCount, QuestionsDesign
from service.calibration.designs.bands import variance_per_human
from service.calibration.designs.design import refusing_overflow
from service.calibration.designs.frontier import MULTIPLES
from service.calibration.designs.integers import Wanted
from service.calibration.designs.interior_point import Vector
from service.calibration.designs.market import (
    Market,
    Plan,
    best_for_budget,
    best_variance,
    budget_for_target,
    whole_design,
    worst_variance,
)
from service.calibration.designs.objective import check_objective, wanted_of
from service.calibration.designs.power import interval_width, minimum_detectable_effect
from service.calibration.designs.questionnaire import Questionnaire, Whole, check, whole_market
from service.calibration.designs.summary import group_counts, money
from service.calibration.errors import InvalidPlan, Warned

FEW_HUMANS = 10


def questions_design(questionnaire: Questionnaire) -> QuestionsDesign:
    """The allocation over questions, in whole units, beside an even split of the same money."""
    check_objective(questionnaire.objective, questionnaire.aim)
    check(questionnaire)
    with refusing_overflow():
        return _answered(questionnaire)


def _answered(questionnaire: Questionnaire) -> QuestionsDesign:
    whole = whole_market(questionnaire)
    wanted = wanted_of(questionnaire.objective, questionnaire.aim, 1.0)
    found = _one_by_one(questionnaire, whole, wanted) or _together(whole.market, wanted)
    optimum, counts, budget = found.optimum, found.counts, found.budget
    spent = float(whole.market.prices @ counts)
    even = _even(questionnaire, whole, budget)
    questions = tuple(_part(questionnaire, whole, q, counts, even) for q in range(len(questionnaire.asked)))
    separate = questionnaire.sample == "separate"
    n_human, n_llm_only = _units(whole.market, counts)
    return QuestionsDesign(
        sample=questionnaire.sample,
        minimise=questionnaire.minimise,
        questions=questions,
        groups=None if separate else group_counts(whole.market, counts),
        n_human=n_human,
        n_llm_only=n_llm_only,
        cost=money(spent),
        value=worst_variance(whole.market, counts),
        value_continuous=optimum.variance,
        value_even=None if even is None else _combined(questionnaire, even),
        optimality_gap=optimum.optimality_gap,
        warnings=tuple(_doubts(questionnaire, questions)),
        frontier=_frontier(whole.market, optimum, budget),
    )


def _together(market: Market, wanted: Wanted) -> Plan:
    """The optimum of all questions as one problem."""
    budget = wanted.budget or budget_for_target(market, wanted.variance or 0.0)
    optimum = best_for_budget(market, budget)
    return Plan(_rounded(market, optimum, wanted), optimum, budget)


def _one_by_one(questionnaire: Questionnaire, whole: Whole, wanted: Wanted) -> Plan | None:
    """With a target every question of its own sample is a problem of its own; None elsewhere.

    As one problem it would be degenerate: which units a question gets that is precise enough anyway is left open.
    """
    if wanted.variance is None or questionnaire.sample == "same":
        return None
    parts = []
    for one, market in zip(questionnaire.asked, whole.each, strict=True):
        parts.append(_together(market, Wanted(variance=wanted.variance / one.weight)))
    counts = np.concatenate([part.optimum.counts for part in parts])
    optimum = Allocation(
        counts,
        worst_variance(whole.market, counts),
        max(part.optimum.optimality_gap for part in parts),
        sum(part.optimum.steps for part in parts),
    )
    return Plan(np.concatenate([part.counts for part in parts]), optimum, math.fsum(part.budget for part in parts))


def _rounded(market: Market, optimum: Allocation, wanted: Wanted) -> Vector:
    counts = whole_design(market, optimum.counts, wanted)
    if counts is None:
        text = "no whole numbers of units meet the limits and the objective"
        raise InvalidPlan.at("/constraints", "infeasible_constraints", text, "loosen a limit or raise the budget")
    return counts


def _even(questionnaire: Questionnaire, whole: Whole, budget: float) -> list[float] | None:
    """Variance of each question when all get the same money; None on one sample, or under common limits."""
    limits = questionnaire.constraints
    if questionnaire.sample == "same" or limits.max_human is not None or limits.max_llm_only is not None:
        return None
    try:
        return [best_variance(market, budget / len(whole.each)) for market in whole.each]
    except InvalidPlan:
        return None


def _combined(questionnaire: Questionnaire, found: Sequence[float]) -> float:
    weighed = [one.weight * v for one, v in zip(questionnaire.asked, found, strict=True)]
    return max(weighed) if questionnaire.minimise == "worst" else math.fsum(weighed)


def _part(
    questionnaire: Questionnaire, whole: Whole, q: int, everything: Vector, even: list[float] | None
) -> QuestionCount:
    one, market, separate = questionnaire.asked[q], whole.each[q], questionnaire.sample == "separate"
    counts, total = everything[whole.places[q]], float(whole.market.prices @ everything)
    variance = float(variances(market.table, counts).max())
    error, level = math.sqrt(variance), questionnaire.aim.confidence_level
    aim = questionnaire.aim if one.effect is None else replace(questionnaire.aim, effect=one.effect)
    cost = float(market.prices @ counts)
    n_human, n_llm_only = _units(market, counts)
    return QuestionCount(
        name=one.name,
        weight=one.weight,
        groups=group_counts(market, counts) if separate else None,
        n_human=n_human,
        n_llm_only=n_llm_only,
        cost=money(cost) if separate else None,
        share=cost / total if separate else None,
        standard_error=error,
        standard_error_even=None if even is None else math.sqrt(even[q]),
        interval_width=interval_width(error, level),
        effective_sample_size=variance_per_human(market) / variance,
        mde=minimum_detectable_effect(error, aim.power, level),
        power=aim.power_at(error),
    )


def _units(market: Market, counts: Vector) -> tuple[float, float]:
    human = np.array([group.human for group in market.groups])
    return float(counts[human].sum()), float(counts[~human].sum())


def _frontier(market: Market, optimum: Allocation, budget: float) -> tuple[FrontierPoint, ...]:
    """The root of what is minimised at a quarter to four times the money, where only money limits the design."""
    if not market.scales:
        return ()
    points = []
    for multiple in MULTIPLES:
        n_human, n_llm_only = _units(market, optimum.counts * multiple)
        error = math.sqrt(optimum.variance / multiple)
        points.append(FrontierPoint(round(n_human), round(n_llm_only), money(budget * multiple), error))
    return tuple(points)


def _doubts(questionnaire: Questionnaire, questions: Sequence[QuestionCount]) -> list[Warned]:
    doubts = [doubt for one in questionnaire.asked for doubt in one.basis.warnings]
    arms = [one.basis.joint.n_arms for one in questionnaire.asked]
    if any(q.n_human < FEW_HUMANS * D for q, D in zip(questions, arms, strict=True)):
        text = "a question gets fewer than 10 humans per arm: normal intervals are not to be trusted"
        doubts.append(Warned("few_humans", text, "/constraints/min_human_per_arm"))
    return list(dict.fromkeys(doubts))
