"""Human-equivalent size: how many humans an LLM is worth, judged by the questions that both have answered.

Name: largest simulation size whose intervals keep their average coverage over questions.
Formula: a question is an outcome in an arm. With I_j(k) the t interval of the first k LLM answers to question j (in a
seeded order) and ybar_j the humans' mean, miss(k) = share of the questions with ybar_j outside I_j(k);
    k* = the largest k with miss(i) <= (1 - confidence_level)/2 for all 2 <= i <= k
Half of the error is left for the humans' mean, which is itself on the wrong side of the truth half of the time. The
interval is an estimate's of k* answers, however many more there are: k* is what they are worth.
Shapes: m questions, K answers at most; one entry per model. Units: humans.
Assumes: questions are like those to come; answers of a question are exchangeable.
Breaks: few questions: with m < 2/(1 - confidence_level) one miss ends the search. k* = K: worth at least as many.
Raises: nothing.
Source: Huang, Wu & Wang 2502.17773 (adaptive choice of the simulation size).
Differs: t intervals from k = 2; a heuristic here, since the outcomes of one study are no sample of questions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.finding import Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.study import Study, View
from service.calibration.moments import FloatArray
from service.calibration.resampling import generator

FEWEST = 5
MOST = 10_000
CARD = Card(
    name="human_equivalent_size",
    title="Human-equivalent size",
    formula="the largest number of LLM answers whose intervals still cover the humans' mean at the stated average rate "
    "over the questions of the study",
    assumptions=("the questions are like those to come", "answers to a question are exchangeable"),
    limits=("exploratory: the outcomes of one study are no sample of questions", "rough with few questions"),
    sources=("arXiv 2502.17773",),
)
SEND = f"send at least {FEWEST} outcomes (times arms) with human and LLM answers as numbers in rows"
FEW = "do not treat LLM answers as so many respondents; more of them narrow the interval around the wrong value"


@dataclass(frozen=True, slots=True)
class Question:
    """The humans' mean and number, and the LLM's answers (m,) in a seeded order."""

    human_mean: float
    n_human: int
    answers: FloatArray


def run(study: Study, settings: Settings) -> list[Entry]:
    """One entry per model."""
    return [_entry(study, model, settings) for model in study.models]


def _entry(study: Study, model: str, settings: Settings) -> Entry:
    place = Place(model=model)
    questions = [
        q for v in study.whole for d in range(len(v.arms)) if (q := _question(v, model, d, settings)) is not None
    ]
    if len(questions) < FEWEST:
        return not_testable(place, f"only {len(questions)} questions have human and LLM answers", SEND)
    size, most = equivalent_size(questions, settings.confidence_level)
    typical = float(np.median([q.n_human for q in questions]))
    measures = (
        Measure("human_equivalent_size", float(size)),
        Measure("questions", float(len(questions))),
        Measure("llm_answers", float(most)),
    )
    if size == most:
        text = f"the LLM is worth at least {size} humans per question: no more answers were sent"
        return Entry(
            place, Verdict("pass", text, "send more LLM answers to see more; calibrate all the same"), measures
        )
    text = f"the LLM is worth about {size} humans per question, of {typical:.0f} who answered"
    if size >= typical:
        return Entry(place, Verdict("pass", text, "calibrate all the same: the next question may differ"), measures)
    return Entry(place, Verdict("warn", text, FEW), measures)


def _question(view: View, model: str, arm: int, settings: Settings) -> Question | None:
    if not view.numeric:
        return None
    y, pairs, answers = view.human[arm].y, view.pairs(model, arm), view.alone(model, arm)
    if answers.shape[0] < FEWEST and pairs is not None:
        answers = pairs.f
    if y is None or y.shape[0] < 1 or answers.shape[0] < FEWEST:
        return None
    order = generator(settings.seed, f"answers {view.outcome} {arm}").permutation(answers.shape[0])[:MOST]
    return Question(float(y.mean()), y.shape[0], answers[order])


def equivalent_size(questions: list[Question], level: float) -> tuple[int, int]:
    """k* (0 where two answers are too many), and the largest k that every question has answers for."""
    most = min(q.answers.shape[0] for q in questions)
    k = np.arange(1, most + 1)
    misses = np.zeros(most)
    for q in questions:
        centred = q.answers[:most] - q.answers[0]
        mean = np.cumsum(centred) / k
        scatter = np.maximum(np.cumsum(centred * centred) - k * mean * mean, 0.0)
        reach = stdtrit(np.maximum(k - 1, 1), (1.0 + level) / 2.0) * np.sqrt(scatter / np.maximum(k - 1, 1) / k)
        misses += np.abs(mean - (q.human_mean - q.answers[0])) > reach * (1.0 + 1e-12)
    allowed = misses / len(questions) <= (1.0 - level) / 2.0 + 1e-12
    bad = np.flatnonzero(~allowed[1:])
    size = most if bad.size == 0 else int(bad[0]) + 1
    return (size if size > 1 else 0), most


CHECK = Check(CARD, run, exploratory=True)
