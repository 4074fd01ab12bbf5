"""Human-equivalent size: how many humans an LLM is worth, judged by the questions that both have answered.

Name: largest simulation size whose intervals keep their average coverage over questions.
Formula: a question is an outcome in an arm. With a = 1 - confidence_level, I_j(k) the t interval of level 1 - a/10 of
the first k LLM answers to question j (in a seeded order), ybar_j the humans' mean and miss(k) the share of the
questions with ybar_j outside I_j(k),
    k* = the largest k with miss(i) <= a/2 for all 2 <= i <= k
Missing the humans' mean in a/2 of the questions is missing the truth in at most a of them, since that mean is on either
side of the truth half of the time. k* answers are what the LLM is worth, however many more there are.
Shapes: m questions, K answers at most; one entry per model. Units: humans.
Assumes: questions are like those to come; answers of a question are exchangeable.
Breaks: with fewer than 2/a questions one miss ends the search: the number is given, and nothing is concluded from it.
Raises: nothing.
Source: Huang, Wu & Wang 2502.17773 (adaptive choice of the simulation size).
Differs: t intervals from k = 2, of level 1 - a/10 so that a perfect LLM is seldom stopped by chance; a heuristic here,
since the outcomes of one study are no sample of questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

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
    limits=(
        "exploratory: the outcomes of one study are no sample of questions",
        "fewer than 2/(1 - confidence_level) questions (40 at .95) tell nothing",
    ),
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
    needed = ceil(2.0 / (1.0 - settings.confidence_level) - 1e-9)
    if len(questions) < needed:
        text = f"about {size} humans per question, from {len(questions)} questions, which are too few to rely on"
        return Entry(place, Verdict("not_testable", text, f"send {needed} questions or more"), measures)
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
        reach = stdtrit(np.maximum(k - 1, 1), 1.0 - (1.0 - level) / 20.0) * np.sqrt(scatter / np.maximum(k - 1, 1) / k)
        misses += np.abs(mean - (q.human_mean - q.answers[0])) > reach * (1.0 + 1e-12)
    allowed = misses / len(questions) <= (1.0 - level) / 2.0 + 1e-12
    bad = np.flatnonzero(~allowed[1:])
    size = most if bad.size == 0 else int(bad[0]) + 1
    return (size if size > 1 else 0), most


CHECK = Check(CARD, run, exploratory=True)
