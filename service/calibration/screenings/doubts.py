"""Doubts: what a screening assumes, and what to be warned of.

Shapes: lists. Units: none. Assumes: nothing. Breaks: nothing. Raises: nothing.
Source: Benjamini & Yekutieli (2001), Annals of Statistics 29:1165-1188 (positive dependence); Ignatiadis &
Huber (2021).
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.answer import Assumption
from service.calibration.errors import Warned
from service.calibration.screenings.answer import Applied, Judged, Next
from service.calibration.screenings.question import Question

FEW = 10

VALID = "A p-value of a hypothesis that is true is uniform or larger; one made from an effect is two-sided and normal."
FIXED = "Weights, and the calibration they rest on, were found without the human results that are judged here."
CROSS = (
    "Hypotheses of different folds have independent human results, so that weights are independent of what they judge."
)
POSITIVE = "Human results of different hypotheses are independent or positively dependent (PRDS)."
INDEPENDENT = "Human results of different hypotheses are independent: no respondent answers for two of them."
COMPLETE = "Every hypothesis that was considered is listed, and none was left out because of its human result."


def assumptions(applied: Applied) -> tuple[Assumption, ...]:
    """What the error rate rests on; the calibration is not among it."""
    step_up, crossed = applied.multiplicity == "benjamini_hochberg", applied.folds is not None
    stated = [("valid_p_values", VALID), ("all_hypotheses_listed", COMPLETE)]
    if not crossed:
        stated.append(("weights_before_human_data", FIXED))
    elif not step_up:
        stated.append(("independent_folds", CROSS))
    if step_up:
        stated.append(("independent_hypotheses", INDEPENDENT) if crossed else ("positive_dependence", POSITIVE))
    return tuple(Assumption(name, "assumed", None, statement) for name, statement in stated)


def warnings(
    question: Question, applied: Applied, judged: Sequence[Judged], chosen: Sequence[Next] | None
) -> tuple[Warned, ...]:
    """Every doubt about the answer."""
    return (*_of_the_weights(question, applied, judged), *_of_the_next(question, judged, chosen))


def _of_the_weights(question: Question, applied: Applied, judged: Sequence[Judged]) -> list[Warned]:
    found = []
    if question.calibration is None:
        text = (
            f"no calibration was stated: slope {applied.calibration.slope:g} and residual_sd "
            f"{applied.calibration.residual_sd:.4g} are assumed; weights may cost discoveries, not the error rate"
        )
        found.append(Warned("assumed_calibration", text, "/calibration"))
    if question.weighting.planned_standard_error is None and question.next is None:
        text = f"the humans' standard error is taken to be {applied.planned_standard_error:.4g} for the weights"
        found.append(Warned("assumed_planned_error", text, "/weighting/planned_standard_error"))
    if len(judged) < FEW:
        text = f"{len(judged)} hypotheses: weights move little, and one wrong weight matters"
        found.append(Warned("few_hypotheses", text, "/hypotheses"))
    if len(judged) > 1 and applied.least_weight < 1.0 and all(one.weight == 1.0 for one in judged):
        text = "the LLM effects do not tell the hypotheses apart: all weights are 1"
        found.append(Warned("equal_weights", text, "/hypotheses"))
    large = sum(bool(one.rejected) and one.p_value is not None and one.p_value > applied.error_rate for one in judged)
    if large:
        text = f"{large} rejected with a p-value above error_rate, by a weight above 1"
        found.append(Warned("rejected_above_error_rate", text, "/hypotheses"))
    return found


def _of_the_next(question: Question, judged: Sequence[Judged], chosen: Sequence[Next] | None) -> list[Warned]:
    if chosen is None:
        return []
    if any(one.p_value is not None for one in judged):
        text = (
            "what to run next was chosen after human results were seen: run every hypothesis once, keep calibration "
            "and weights as they are, and screen the whole list again"
        )
        return [Warned("chosen_after_human_data", text, "/next"), *_empty(question, judged, chosen)]
    return _empty(question, judged, chosen)


def _empty(question: Question, judged: Sequence[Judged], chosen: Sequence[Next]) -> list[Warned]:
    if chosen or question.next is None or all(one.p_value is not None for one in judged):
        return []
    text = f"one more hypothesis costs {question.next.cost:g}, the budget is {question.next.budget:g}"
    return [Warned("budget_buys_nothing", text, "/next/budget")]
