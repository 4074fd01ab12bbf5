"""Respondents who rate profiles or choose between alternatives, and an LLM that answers for them; one thing harder.

rated    6 profiles each of education (3 levels), job (3), sex (2): worth = 0.3 school + 0.6 college + 0.2 nurse
         + 0.5 doctor + 0.1 m + 0.4 (college and doctor); y = worth + 0.5 person + e,
         f = 0.5 + 0.9 worth + 0.3 person + v
choices  4 sets of 3 alternatives each; utility = -0.8 price + 0.5 size + tastes + G, tastes with standard deviation 0.4
         per respondent, G Gumbel; the LLM's shares go with exp(-0.6 price + 0.3 size + 0.8 G')
e, v and G, G' have correlation rho (of G: through its normal scores); the respondent is the cluster, ``told`` or not.
rare     rated: y = 1 where the rating is among the highest 5 %, f = Phi of the LLM's; choices: size is an attribute
         that 5 % of the alternatives have
weighted every respondent has a log-normal weight, tied to ``person`` (rated) or to nothing (choices)
spanning LLM-only profiles are of the humans themselves, ``only`` times as many tasks each
biased   the LLM likes what people dislike
Truth: rated exactly, over the 18 combinations; choices have tastes, so that the logit's coefficients are those of a
seeded population of 1.6 million sets, ``truths``.
Shapes: as the layout ``table``. Units: ratings; utilities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.moments import FloatArray
from service.calibration.plan import Model
from service.calibration.sample import Sample
from tests.coverage.estimands.people import SPREAD, TIE

LEVELS = {"education": ("none", "school", "college"), "job": ("waiter", "nurse", "doctor"), "sex": ("f", "m")}
RATED = Model(("education", "job", "sex"), baselines={"education": "none", "job": "waiter"})
CHOSEN = Model(("price", "size"), choice_set="task")
COMPONENTS = ("education=college", "job=nurse", "sex=m", "mean of education=none", "mean of sex=m")
PROFILES, TASKS, ALTERNATIVES = 6, 4, 3
PERSON, NOISE = 0.5, 1.0
WORTH = ((0.0, 0.3, 0.6), (0.0, 0.2, 0.5), (0.0, 0.1))
BOTH = 0.4
TASTE = 0.4
RARE = 0.05
TRUTHS = Path(__file__).parent / "truths.json"


def worth(education: FloatArray, job: FloatArray, sex: FloatArray) -> FloatArray:
    """What profiles are worth, from the numbers of their levels."""
    shown = (education, job, sex)
    parts = [np.array(levels)[number] for levels, number in zip(WORTH, shown, strict=True)]
    return np.asarray(sum(parts) + BOTH * ((education == 2) & (job == 2)))


COMBINATIONS = np.array(list(product(range(3), range(3), range(2)))).T
SD = sqrt(PERSON**2 + NOISE**2)


def _cut() -> float:
    """The rating that 5 % exceed."""
    low, high = 0.0, 9.0
    for _ in range(80):
        middle = (low + high) / 2.0
        above = float(1.0 - ndtr((middle - worth(*COMBINATIONS)) / SD).mean())
        low, high = (middle, high) if above > RARE else (low, middle)
    return low


CUT = _cut()


@dataclass(frozen=True, slots=True)
class Respondents:
    """What is drawn: the centre unless said otherwise; n respondents and ``only`` n whom only the LLM answers for."""

    n: int
    rho: float = 0.6
    only: int = 3
    told: bool = True
    rare: bool = False
    biased: bool = False
    weighted: bool = False
    spanning: bool = False

    @property
    def people(self) -> int:
        """Respondents in all, other people or the same once more."""
        return (1 + self.only) * self.n

    def who(self, each: int) -> np.ndarray:
        """The respondent of every row, ``each`` of them a respondent."""
        rows = np.repeat(np.arange(self.people), each)
        return rows % self.n if self.spanning else rows

    def survey(self, who: np.ndarray, weight: FloatArray) -> Survey:
        """Weights of respondents (R,) and their clusters, on rows."""
        return Survey(weight[who] if self.weighted else None, who + 0.0 if self.told else None)

    def heard(self, rng: np.random.Generator, u: FloatArray) -> FloatArray:
        """What the LLM knows of the noise."""
        return self.rho * u + sqrt(1.0 - self.rho**2) * rng.standard_normal(u.shape)


@dataclass(frozen=True, slots=True)
class Rated(Respondents):
    """A rated conjoint; with ``pairs`` the interactions of education and job are asked for."""

    pairs: bool = False

    @property
    def model(self) -> Model:
        """The attributes."""
        return replace(RATED, interactions=(("education", "job"),)) if self.pairs else RATED

    @property
    def truth(self) -> Mapping[str, float]:
        """Effects and marginal means of COMPONENTS, averaged over all combinations."""
        value = worth(*COMBINATIONS) + (PERSON * TIE * SPREAD if self.weighted else 0.0)
        value = ndtr((value - CUT) / SD) if self.rare else value
        means = {
            f"{name}={level}": float(value[COMBINATIONS[k] == j].mean())
            for k, (name, levels) in enumerate(LEVELS.items())
            for j, level in enumerate(levels)
        }
        if self.pairs:
            return self._interactions(value)
        baseline = {name: means[f"{name}={levels[0]}"] for name, levels in LEVELS.items()}
        effects = {key: mean - baseline[key.split("=")[0]] for key, mean in means.items()}
        return {**{k: effects[k] for k in COMPONENTS[:3]}, **{k: means[k.split(" of ")[1]] for k in COMPONENTS[3:]}}

    def _interactions(self, value: FloatArray) -> Mapping[str, float]:
        """Two differences of differences and a mean of combinations."""
        mean = value.reshape(3, 3, 2).mean(axis=2)
        return {
            "education=college:job=doctor": float(mean[2, 2] - mean[2, 0] - mean[0, 2] + mean[0, 0]),
            "education=school:job=nurse": float(mean[1, 1] - mean[1, 0] - mean[0, 1] + mean[0, 0]),
            "mean of education=college, job=doctor": float(mean[2, 2]),
        }

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        who = self.who(PROFILES)
        shown = np.array([rng.integers(0, len(levels), who.size) for levels in LEVELS.values()])
        person, u = rng.standard_normal(self.people), rng.standard_normal(who.size)
        weight = np.exp(SPREAD * (TIE * person + sqrt(1.0 - TIE**2) * rng.standard_normal(self.people)))
        value, v = worth(*shown), self.heard(rng, u)
        y = value + PERSON * person[who] + NOISE * u
        f = 0.5 + (-0.5 if self.biased else 0.9) * value + 0.3 * person[who] + v
        if self.rare:
            y, f = np.where(y > CUT, 1.0, 0.0), ndtr(f - CUT)
        human = np.arange(who.size) < PROFILES * self.n
        names = ((name, Labels(shown[k], levels)) for k, (name, levels) in enumerate(LEVELS.items()))
        table = Table(
            outcomes=(("rating", np.where(human, y, np.nan)),),
            predictions=(PredictionColumn(f, "llm"),),
            covariates=tuple(names),
            survey=self.survey(who, weight),
        )
        return from_table(table, "error", Reading(None, self.model))


@dataclass(frozen=True, slots=True)
class Choosing(Respondents):
    """A choice-based conjoint."""

    @property
    def model(self) -> Model:
        """The attributes and the sets."""
        return CHOSEN

    @property
    def truth(self) -> Mapping[str, float]:
        """The coefficients of the population."""
        found = json.loads(TRUTHS.read_text())["rare" if self.rare else "common"]
        return dict(zip(CHOSEN.terms, found["coefficients"], strict=True))

    def sets(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, np.ndarray, np.ndarray]:
        """Terms (2, rows), normal scores of G (rows,), respondents and choice of every row (rows,)."""
        who = self.who(TASKS * ALTERNATIVES)
        x = rng.standard_normal((2, who.size))
        if self.rare:
            x[1] = x[1] > float(ndtri(1.0 - RARE))
        u, taste = rng.standard_normal(who.size), TASTE * rng.standard_normal((2, self.people))
        utility = -0.8 * x[0] + 0.5 * x[1] + (taste[:, who] * x).sum(axis=0) - np.log(-np.log(ndtr(u)))
        best = utility.reshape(-1, ALTERNATIVES).argmax(axis=1)
        return x, u, who, (np.arange(ALTERNATIVES) == best[:, None]).ravel()

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        x, u, who, chosen = self.sets(rng)
        weight = np.exp(SPREAD * rng.standard_normal(self.people))
        likes = (0.6, -0.3) if self.biased else (-0.6, 0.3)
        guess = np.exp(likes[0] * x[0] + likes[1] * x[1] - 0.8 * np.log(-np.log(ndtr(self.heard(rng, u)))))
        f = (guess.reshape(-1, ALTERNATIVES) / guess.reshape(-1, ALTERNATIVES).sum(axis=1, keepdims=True)).ravel()
        human = np.arange(who.size) < TASKS * ALTERNATIVES * self.n
        table = Table(
            outcomes=(("chosen", np.where(human, chosen, np.nan)),),
            predictions=(PredictionColumn(f, "llm"),),
            covariates=(("price", x[0]), ("size", x[1]), ("task", np.arange(who.size) // ALTERNATIVES + 0.0)),
            survey=self.survey(who, weight),
        )
        return from_table(table, "error", Reading(None, CHOSEN))
