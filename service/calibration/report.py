"""The paragraph for a methods section, written from one answer's numbers and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from service.calibration.answer import Answer, Assumption
from service.calibration.inference import Result

DIGITS = 4
VERDICTS = {
    "llm_used": "LLM answers were used",
    "human_only_chosen": "LLM answers explained too little to be used, so the human-only estimate stands",
    "human_only_requested": "the human-only estimate was requested",
    "no_pool": "there were no LLM-only units to learn from, so the human-only estimate stands",
    "no_llm": "no LLM column could be used, so the estimate rests on the humans",
}


def paragraph(answer: Answer) -> str:
    """A paragraph with the first estimate's numbers, the sample sizes, the method and what it assumes."""
    applied, arms, first = answer.applied, answer.arms, answer.estimates[0]
    if not arms:
        return " ".join([_fitted_elsewhere(answer), *_beside(answer)])
    own = [a for a in arms if (a.outcome, a.component, a.subgroup) == (first.outcome, first.component, None)]
    n_llm_only = own[0].n_llm_only if applied.prediction_design == "shared" else sum(a.n_llm_only for a in own)
    if applied.identification == "randomization" or applied.estimator == "human_only":
        n_llm_only = 0
    opening = (
        f"The {_what(answer)} of {first.name}{_of(answer)} for outcome {first.outcome} was "
        f"{_estimated(first.result)}, "
        f"calibrated on {sum(a.n_human for a in own)} human respondents and "
        f"{n_llm_only} LLM-only units with estimator {applied.estimator} "
        f"({applied.prediction_design} predictions, identification by {applied.identification})."
    )
    return " ".join([opening, *_beside(answer)])


def _fitted_elsewhere(answer: Answer) -> str:
    """The opening for coefficients that were sent fitted."""
    applied, first = answer.applied, answer.estimates[0]
    return (
        f"The estimate of coefficient {first.component} was {_estimated(first.result)}, "
        f"calibrated from coefficients and covariances of {first.human_sample_size} human "
        f"respondents and of LLM-only units with estimator {applied.estimator} (identification by "
        f"{applied.identification})."
    )


def _beside(answer: Answer) -> list[str]:
    """What stands beside the first estimate."""
    first = answer.estimates[0]
    sentences = [
        f"The human-only estimate was {_estimated(first.human_only)}.",
    ]
    if answer.applied.model_selection == "best":
        sentences.append(
            f"The LLM was chosen among {len(first.models)} by cross-fitting: no human's answer had a part in choosing "
            "or tuning the predictions that it is compared with."
        )
    sentences += _family(answer)
    if first.llm_only is not None:
        sentences.append(f"LLM answers alone gave {_number(first.llm_only.estimate)}, which is exploratory.")
    if first.effective_sample_size is not None and first.ppi_correlation is not None:
        sentences.append(
            f"The PPI correlation was {_number(first.ppi_correlation)} and the effective sample size "
            f"{_number(first.effective_sample_size)} against {first.human_sample_size} humans used."
        )
    sentences += _unanswered(answer)
    sentences += _between(answer)
    sentences.append(f"In short, {VERDICTS[first.verdict]}; the claim is {first.claim}.")
    sentences.append(_assumed(answer.assumptions))
    return sentences


def _what(answer: Answer) -> str:
    """What the estimates are called: a statistic by its name."""
    return "estimate" if answer.applied.statistic is None else answer.applied.statistic.replace("_", " ")


def _of(answer: Answer) -> str:
    """Which component of the estimand the first estimate is."""
    component = answer.estimates[0].component
    kind = {"proportions": "share of category", "quantile": "quantile"}.get(answer.applied.estimand, "component")
    return "" if component is None else f", {kind} {component},"


def _family(answer: Answer) -> list[str]:
    """How the first estimate fares among all estimates of the answer."""
    adjusted, method = answer.estimates[0].p_value_adjusted, answer.applied.multiplicity
    if adjusted is None:
        return []
    simultaneous = "; intervals are simultaneous" if method == "max_t" else ""
    name = method.replace("_", " ")
    value = f"its p-value adjusted by {name} was {_number(adjusted)}"
    return [f"Over all {len(answer.estimates)} estimates {value}{simultaneous}."]


def _unanswered(answer: Answer) -> list[str]:
    """Who did not answer, what was done about it, and how far the first estimate depends on it."""
    found = answer.missing_answers
    if found is None:
        return []
    first = found.estimates[0]
    if first.outcome != answer.estimates[0].outcome:
        return []
    own = [a for a in found.arms if a.outcome == first.outcome and a.subgroup is None]
    asked, answered = sum(a.asked for a in own), sum(a.answered for a in own)
    text = (
        f"Of {asked} people asked {answered} answered; answers were weighted by inverse response propensities (missing "
        "at random given predictions and covariates), and on complete cases the estimate is "
    )
    sentences = [f"{text}{_number(first.complete_case.estimate)}."]
    if first.tipping_delta is not None:
        away = _number(first.tipping_delta)
        sentences.append(f"It takes those who did not answer to differ by {away} from that for the estimate to vanish.")
    return sentences


def _between(answer: Answer) -> list[str]:
    """How the first estimate differs between subgroups."""
    if not answer.heterogeneity:
        return []
    found = answer.heterogeneity[0]
    if found.q is None or found.p_value is None:
        return ["It was also estimated in one subgroup." if found.n_subgroups == 1 else "Subgroups were not compared."]
    test = f"heterogeneity Q = {_number(found.q)}, p = {_number(found.p_value)}"
    return [f"It was also estimated in each of {found.n_subgroups} subgroups ({test})."]


def _assumed(assumptions: Sequence[Assumption]) -> str:
    untested = ", ".join(a.name.replace("_", " ") for a in assumptions if a.status == "assumed")
    tested = [a for a in assumptions if a.status != "assumed"]
    parts = [f"Assumed without a test: {untested}."] if untested else []
    parts += [
        f"{a.name.capitalize()} was {a.status.replace('_', ' ')}"
        + (f" (p = {_number(a.p_value)})." if a.p_value is not None else ".")
        for a in tested
    ]
    return " ".join(parts)


def _estimated(result: Result) -> str:
    """An estimate and its interval, with digits that tell a tenth of its width."""
    interval = result.interval
    ends = [end for end in (interval.lower, interval.upper) if end is not None]
    width = ends[1] - ends[0] if len(ends) > 1 else 2.0 * result.standard_error
    largest = max(map(abs, (*ends, result.estimate)))
    digits = max(DIGITS, floor(log10(largest)) - floor(log10(width)) + 2) if 0.0 < width < largest else DIGITS
    low, high = (None if end is None else _number(end, digits) for end in (interval.lower, interval.upper))
    method = interval.method.replace("_", " ")
    degrees = "" if result.df is None else f" with {_number(result.df)} degrees of freedom"
    error = _number(result.standard_error)
    told = f"{100 * interval.level:g}% interval {low or '-inf'} to {high or 'inf'}, standard error {error}"
    return f"{_number(result.estimate, digits)} ({told}, {method}{degrees})"


def _number(value: float, digits: int = DIGITS) -> str:
    return f"{value:.{digits}g}"
