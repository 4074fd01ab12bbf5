"""Human-equivalent size: how many humans an LLM is worth, judged by the questions that both have answered.

Name: largest simulation size whose intervals keep their average coverage over questions.
Formula: a question is an outcome in an arm. With a = 1 - confidence_level, fbar_j(k) the mean of the first k LLM
answers to question j (in a seeded order), s_j the standard deviation of all K_j of them, ybar_j the humans' mean,
    I_j(k) = fbar_j(k) -+ sqrt(DILATION) t_{1-a/2, K_j-1} s_j / sqrt(k);  everything where k < FEWEST
    miss(k) = share of the questions with ybar_j outside I_j(k)
    k* = the largest k with miss(i) <= a/2 for all i <= k
Guaranteed where the m questions, the next one among them, are drawn alike and independently: with M(k) the probability
that I(k) misses the humans' mean of the next question and t the largest with P(Binomial(m, t) <= m a/2) >= e,
    P(M(k*) > t) <= e,   E M(k*) <= a/2 + sqrt(pi/(8 m))
whatever the LLM and whatever the intervals: the first k with M(k) > t is passed only if miss(k) <= a/2. The truth is
missed at most twice as often, since the humans' mean is beyond it half of the time.
Warns where k* is below the number of humans and a t test of equal means rejects for one question or more (Bonferroni).
Shapes: m questions, K answers at most; one entry per model. Units: humans.
Assumes: questions are drawn like those to come; answers of a question are exchangeable.
Breaks: with fewer than 2/a questions one miss ends the search: the number is given, and nothing is concluded from it.
With n humans per question and many questions k* is 1.3 n at most (.95), since the humans' mean is in error too.
Raises: nothing.
Source: Huang, Wu & Wang 2502.17773: miss, its bound a/2, k*, intervals widened by sqrt(C); C = 3 as their code has it.
Differs: s_j is of all answers and t its quantile, since the first few answers on a short scale are often all the same,
which would be an interval of no width. The outcomes of one study share their humans and are no sample of questions: a
heuristic here, and nothing of the guarantee holds for the next study.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from scipy.special import stdtrit

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.means import Mean, combined, mean
from service.calibration.diagnostics.study import Study, View
from service.calibration.moments import FloatArray
from service.calibration.resampling import generator

FEWEST = 5
MOST = 10_000
DILATION = 3.0
CARD = Card(
    name="human_equivalent_size",
    title="Human-equivalent size (heuristic)",
    formula="the largest number k of LLM answers whose intervals (mean of k -+ sqrt(3) t s/sqrt(k)) miss the humans' "
    "mean in at most a/2 of the questions of the study, for it and all smaller k; a = 1 - confidence_level",
    assumptions=("the questions are drawn like those to come", "answers to a question are exchangeable"),
    limits=(
        "exploratory: the outcomes of one study are no sample of questions, so no coverage of the next is guaranteed",
        "fewer than 2/(1 - confidence_level) questions (40 at .95) tell nothing",
        "with many questions at most 1.3 times the number of humans (at .95), whose means are in error too",
    ),
    sources=("arXiv 2502.17773",),
)
SEND = f"send at least {FEWEST} outcomes (times arms) with human and LLM answers as numbers in rows"
FEW = "do not treat LLM answers as so many respondents; more of them narrow the interval around the wrong value"
STILL = "calibrate all the same: the next question may differ"


@dataclass(frozen=True, slots=True)
class Question:
    """The humans' mean and number, the LLM's answers (K,) in a seeded order, its mean minus theirs (None: too few)."""

    human_mean: float
    n_human: int
    answers: FloatArray
    gap: Mean | None = None


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
    worth = f"about {size}" if size >= FEWEST else f"fewer than {FEWEST}"
    needed = ceil(2.0 / (1.0 - settings.confidence_level) - 1e-9)
    if len(questions) < needed:
        text = f"{worth} humans per question, from {len(questions)} questions, which are too few to rely on"
        return Entry(place, Verdict("not_testable", text, f"send {needed} questions or more"), measures)
    text = f"the LLM is worth {worth} humans per question, of {typical:.0f} who answered"
    if size == most:
        text = f"the LLM is worth at least {size} humans per question: no more answers were sent"
    short = size < min(most, typical)
    alarm = Alarm("difference", _apart(questions) if short else 1.0, Verdict("warn", text, FEW))
    return Entry(place, Verdict("pass", text, STILL), measures, (alarm,))


def _question(view: View, model: str, arm: int, settings: Settings) -> Question | None:
    source = view.human[arm] if view.numeric else None
    if source is None or source.y is None or not source.y.size:
        return None
    pairs, answers = view.pairs(model, arm), view.alone(model, arm)
    if answers.shape[0] >= FEWEST:
        both = mean(answers), mean(source.y, source.cluster)
        gap = None if both[0] is None or both[1] is None else combined([(1.0, both[0]), (-1.0, both[1])])
    elif pairs is not None and pairs.n >= FEWEST:
        answers, gap = pairs.f, mean(pairs.f - pairs.y, pairs.cluster)
    else:
        return None
    order = generator(settings.seed, f"answers {view.outcome} {arm}").permutation(answers.shape[0])[:MOST]
    return Question(float(source.y.mean()), source.y.shape[0], answers[order], gap)


def _apart(questions: list[Question]) -> float:
    """P-value of equal means of humans and LLM in all questions, by Bonferroni's inequality."""
    return min(1.0, len(questions) * min(q.gap.p_value for q in questions if q.gap is not None))


def misses(questions: list[Question], level: float) -> FloatArray:
    """Share of the questions whose human mean I(k) misses, for k = 1 to the fewest answers of a question: (K,)."""
    most = min(q.answers.shape[0] for q in questions)
    k = np.arange(1, most + 1)
    missed = np.zeros(most)
    for q in questions:
        n = q.answers.shape[0]
        reach = sqrt(DILATION) * stdtrit(n - 1, (1.0 + level) / 2.0) * q.answers.std(ddof=1) / np.sqrt(k)
        gap = np.abs(np.cumsum(q.answers[:most] - q.human_mean)) / k
        missed += gap > reach * (1.0 + 1e-12) + 1e-12 * abs(q.human_mean)
    return np.where(k < FEWEST, 0.0, missed / len(questions))


def equivalent_size(questions: list[Question], level: float) -> tuple[int, int]:
    """k* (``FEWEST`` - 1 where even ``FEWEST`` answers miss), and the largest k that every question has answers for."""
    missed = misses(questions, level)
    bad = np.flatnonzero(missed > (1.0 - level) / 2.0 + 1e-12)
    most = missed.shape[0]
    return (most if bad.size == 0 else int(bad[0])), most


CHECK = Check(CARD, run, exploratory=True)
