"""Choices for the tests: sets of alternatives with choices and choice probabilities; answers of several categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model
from service.calibration.sample import Sample

PRICED = Model(("price", "size"), choice_set="task")
AGED = Model(("age",))
TRANSPORT = ("bike", "bus", "car")


@dataclass(frozen=True)
class Choices:
    """Rows of alternatives: terms (2, n), choices, LLM's probabilities, sets, respondents, who is human; (n,) each."""

    x: np.ndarray
    y: np.ndarray
    f: np.ndarray
    task: np.ndarray
    who: np.ndarray
    human: np.ndarray

    def sample(self, *, clusters: bool = True) -> Sample:
        table = Table(
            outcomes=(("chosen", np.where(self.human, self.y, np.nan)),),
            predictions=(PredictionColumn(self.f, "gpt"),),
            covariates=(("price", self.x[0]), ("size", self.x[1]), ("task", self.task.astype(float))),
            survey=Survey(cluster=self.who.astype(float) if clusters else None),
        )
        return from_table(table, "error", Reading(None, PRICED))[0]


def choices(seed: int, respondents: int = 40, more: int = 100, tasks: int = 4, uneven: bool = False) -> Choices:
    """Respondents with tastes of their own; three alternatives a set, or with ``uneven`` two to four."""
    rng = np.random.default_rng(seed)
    count = (respondents + more) * tasks
    sizes = rng.integers(2, 5, count) if uneven else np.full(count, 3)
    task = np.repeat(np.arange(count), sizes)
    who = task // tasks
    x = rng.standard_normal((2, task.size))
    taste = 0.4 * rng.standard_normal((2, respondents + more))
    common = rng.gumbel(size=task.size)
    utility = -0.8 * x[0] + 0.5 * x[1] + (taste[:, who] * x).sum(axis=0) + common
    best = np.full(count, -np.inf)
    np.maximum.at(best, task, utility)
    y = (utility == best[task]).astype(float)
    guess = np.exp(-0.6 * x[0] + 0.3 * x[1] + 0.8 * common)
    return Choices(x, y, guess / np.bincount(task, guess)[task], task, who, who < respondents)


def categories(seed: int, n: int = 150, m: int = 400) -> tuple[Sample, ...]:
    """Three categories, one term, the LLM's probabilities of all of them."""
    age, chosen, p = answered(seed, n + m)
    human = np.arange(n + m) < n
    table = Table(
        outcomes=(("means", Labels(np.where(human, chosen, -1), TRANSPORT)),),
        predictions=tuple(PredictionColumn(p[k], "gpt", category=name) for k, name in enumerate(TRANSPORT)),
        covariates=(("age", age),),
    )
    return tuple(from_table(table, "error", Reading(Categories(TRANSPORT), AGED)))


def answered(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Term (n,), chosen category (n,), the LLM's probabilities (3, n)."""
    rng = np.random.default_rng(seed)
    age, gumbel = rng.standard_normal(n), rng.gumbel(size=(3, n))
    chosen = (np.array([0.0 * age, 0.2 + 0.5 * age, -0.1 - 0.4 * age]) + gumbel).argmax(axis=0)
    guess = np.exp(np.array([0.0 * age, 0.4 * age, -0.3 * age]) + 0.8 * gumbel)
    return age, chosen, guess / guess.sum(axis=0)
