"""Screening: many hypotheses with LLM effects, humans' tests of some of them, one error rate over all.

Formula: calibration -> expectation -> weights (these see LLM evidence only) -> weighted Benjamini-Hochberg or Holm ->
discoveries, what to take to humans next. Cross-weights, if asked for, see the human p-values of other folds.
Shapes: J hypotheses; p_values (J,), NaN where there are no humans. Units: outcome units and one currency.
Assumes: valid p-values; weights that do not depend on them. Breaks: hypotheses left out because of their result.
Raises: nothing; ``repeated`` tells what is wrong with names (duplicate_hypothesis).
Source: Genovese, Roeder & Wasserman (2006); Ignatiadis & Huber (2021).
Differs: hypotheses without humans count, as p = 1 would, and are never rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from service.calibration.errors import Problem
from service.calibration.moments import FloatArray, IntArray
from service.calibration.screenings import doubts, rejections
from service.calibration.screenings.answer import Applied, Judged, Next, Screened
from service.calibration.screenings.cross_weights import cross_weights, dealt
from service.calibration.screenings.discoveries import Budget, Standing, best_next, expected_discoveries
from service.calibration.screenings.expectation import (
    Expectation,
    LlmEffects,
    assumed_calibration,
    assumed_standard_error,
    expectation,
)
from service.calibration.screenings.question import Hypotheses, Question
from service.calibration.screenings.weights import Rule, weights


@dataclass(frozen=True, slots=True)
class _Plan:
    """The question with every default resolved, and what follows from LLM evidence: the weights ``fixed`` (J,)."""

    applied: Applied
    expected: Expectation
    rule: Rule
    folds: IntArray | None
    fixed: FloatArray


def two_sided_p_values(estimate: FloatArray, standard_error: FloatArray) -> FloatArray:
    """P-values 2 Phi(-|estimate/standard_error|) of normal estimates; both of shape (J,)."""
    return np.asarray(2.0 * ndtr(-np.abs(estimate / standard_error)))


def screen(hypotheses: Hypotheses, question: Question) -> Screened:
    """The screening's answer; names differ (``repeated``)."""
    plan = _planned(hypotheses.llm, question)
    found = _weights(hypotheses, plan)
    adjusted = _adjusted(hypotheses.p_values, found, plan)
    judged = _judged(hypotheses, found, adjusted, plan.applied.error_rate)
    chosen = None if question.next is None else _next(hypotheses, plan, judged, question.next)
    return Screened(
        hypotheses=judged,
        expected_discoveries=expected_discoveries(plan.expected, _before_humans(plan)),
        next=chosen,
        applied=plan.applied,
        assumptions=doubts.assumptions(plan.applied),
        warnings=doubts.warnings(question, plan.applied, judged, chosen),
    )


def resolved(llm: LlmEffects, question: Question) -> Applied:
    """The question with every default decided from LLM effects."""
    calibration = question.calibration or assumed_calibration(llm)
    asked = question.weighting
    planned = asked.planned_standard_error
    if planned is None:
        planned = assumed_standard_error(llm, calibration) if question.next is None else question.next.standard_error
    return Applied(
        multiplicity=question.multiplicity,
        error_rate=question.error_rate,
        calibration=calibration,
        planned_standard_error=planned,
        weighting=asked.method,
        least_weight=asked.least_weight,
        folds=min(asked.folds, llm.estimate.shape[0]) if asked.method == "cross_weighted" else None,
        seed=question.seed,
    )


def _planned(llm: LlmEffects, question: Question) -> _Plan:
    applied = resolved(llm, question)
    count = llm.estimate.shape[0]
    expected = expectation(llm, applied.calibration, applied.planned_standard_error)
    rule = Rule(applied.multiplicity, applied.error_rate, applied.least_weight)
    folds = None if applied.folds is None else dealt(count, applied.folds, applied.seed)
    return _Plan(applied, expected, rule, folds, weights(expected, rule))


def repeated(names: Sequence[str]) -> list[Problem]:
    """A problem for every name that stands twice."""
    seen: set[str] = set()
    text, hint = "the name of an earlier hypothesis", "one entry for each hypothesis, each with its own name"
    problems = []
    for i, name in enumerate(names):
        if name in seen:
            problems.append(Problem(f"/hypotheses/{i}/name", "duplicate_hypothesis", text, hint))
        seen.add(name)
    return problems


def _weights(hypotheses: Hypotheses, plan: _Plan) -> FloatArray:
    if plan.folds is None:
        return plan.fixed
    stated = (plan.applied.calibration, plan.applied.planned_standard_error)
    return cross_weights(hypotheses.llm, hypotheses.p_values, stated, plan.rule, plan.folds)


def _adjusted(p_values: FloatArray, found: FloatArray, plan: _Plan) -> FloatArray:
    if plan.folds is None:
        return rejections.adjusted(p_values, found, plan.rule.multiplicity)
    if plan.rule.multiplicity == "holm":
        return rejections.adjusted_in_folds(p_values, found, plan.folds)
    return rejections.adjusted(_censored(p_values, plan), found, plan.rule.multiplicity)


def _censored(p_values: FloatArray, plan: _Plan) -> FloatArray:
    """P-values that may be rejected with cross-weights: those above the error rate may not."""
    return np.where(p_values <= plan.rule.error_rate, p_values, np.nan)


def _judged(hypotheses: Hypotheses, found: FloatArray, adjusted: FloatArray, error_rate: float) -> tuple[Judged, ...]:
    rows = zip(hypotheses.names, found.tolist(), hypotheses.p_values.tolist(), adjusted.tolist(), strict=True)
    return tuple(
        Judged(name, weight, None, None, None, "exploratory")
        if p != p  # noqa: PLR0124 - not a number: no humans
        else Judged(name, weight, p, shown, shown <= error_rate, "confirmatory")
        for name, weight, p, shown in rows
    )


def _before_humans(plan: _Plan) -> Standing:
    """The procedure before any human number, with the weights that LLM evidence alone gives."""
    unit = plan.fixed * (plan.rule.error_rate / plan.fixed.shape[0])
    return Standing(unit, np.ones_like(unit), 0, plan.rule.multiplicity == "benjamini_hochberg")


def _standing(hypotheses: Hypotheses, plan: _Plan, judged: Sequence[Judged]) -> Standing:
    found = np.array([one.weight for one in judged])
    rejected = np.array([bool(one.rejected) for one in judged])
    unit, rate = found * plan.rule.error_rate / len(judged), plan.rule.error_rate
    if plan.rule.multiplicity == "benjamini_hochberg":
        p_values = hypotheses.p_values if plan.folds is None else _censored(hypotheses.p_values, plan)
        rank = np.full(len(judged), float(rejections.further_rank(p_values, found, rate)))
        return Standing(unit, rank, int(rejected.sum()), True, 1.0 if plan.folds is None else rate)
    folds = np.zeros(len(judged), dtype=np.int64) if plan.folds is None else plan.folds
    size, left = np.bincount(folds), np.bincount(folds, weights=np.where(rejected, 0.0, found))
    rank = np.where(left > 0.0, size / np.maximum(left, 1e-300), 1.0)[folds]
    return Standing(unit, rank, int(rejected.sum()), False)


def _next(hypotheses: Hypotheses, plan: _Plan, judged: Sequence[Judged], budget: Budget) -> tuple[Next, ...]:
    expected = expectation(hypotheses.llm, plan.applied.calibration, budget.standard_error)
    candidates = np.flatnonzero(np.isnan(hypotheses.p_values))
    if not candidates.size or not budget.affordable:
        return ()
    rows, power = best_next(expected, _standing(hypotheses, plan, judged), candidates, budget.affordable)
    return tuple(
        Next(hypotheses.names[i], budget.n_human, budget.cost, p)
        for i, p in zip(rows.tolist(), power.tolist(), strict=True)
    )
