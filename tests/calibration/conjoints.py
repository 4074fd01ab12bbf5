"""A rated conjoint for the tests: three attributes, respondents who see six profiles, some pairs of levels banned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.influence import Design
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model
from service.calibration.sample import Sample

LEVELS = {"education": ("none", "school", "college"), "job": ("waiter", "nurse", "doctor"), "sex": ("f", "m")}
MODEL = Model(("education", "job", "sex"), baselines={"education": "none", "job": "waiter"})


@dataclass(frozen=True)
class Conjoint:
    """Levels by number of every profile (3, n), ratings, LLM's ratings, respondents, who is human; (n,) each."""

    shown: np.ndarray
    y: np.ndarray
    f: np.ndarray
    who: np.ndarray
    human: np.ndarray

    def sample(self, model: Model = MODEL, *, clusters: bool = True) -> Sample:
        return from_table(self.table(clusters=clusters), "error", Reading(None, model))[0]

    def table(self, *, clusters: bool = True) -> Table:
        return Table(
            outcomes=(("rating", np.where(self.human, self.y, np.nan)),),
            predictions=(PredictionColumn(self.f, "gpt"),),
            covariates=tuple((name, Labels(self.shown[k], levels)) for k, (name, levels) in enumerate(LEVELS.items())),
            survey=Survey(cluster=self.who.astype(float) if clusters else None),
        )


def conjoint(seed: int, respondents: int = 40, more: int = 80, banned: tuple[tuple[int, int], ...] = ()) -> Conjoint:
    """Six profiles each; ``banned`` are pairs of an education and a job, by number."""
    rng = np.random.default_rng(seed)
    n = 6 * (respondents + more)
    shown = np.array([rng.integers(0, 3, n), rng.integers(0, 3, n), rng.integers(0, 2, n)])
    for a, b in banned:
        assert (a, b) < (3, 3)
    while banned and (out := np.logical_or.reduce([(shown[0] == a) & (shown[1] == b) for a, b in banned])).any():
        shown[:2, out] = rng.integers(0, 3, (2, int(out.sum())))
    who = np.repeat(np.arange(respondents + more), 6)
    person, common = rng.standard_normal(respondents + more)[who], rng.standard_normal(n)
    worth = np.array([0.0, 0.3, 0.6])[shown[0]] + np.array([0.0, 0.2, 0.5])[shown[1]] + 0.1 * shown[2]
    worth += 0.4 * ((shown[0] == 2) & (shown[1] == 2))
    y = worth + 0.5 * person + 0.8 * rng.standard_normal(n) + 0.6 * common
    f = 0.5 + 0.9 * worth + 0.3 * person + 0.6 * common + 0.5 * rng.standard_normal(n)
    return Conjoint(shown, y, f, who, who < respondents)


def design(of: Conjoint) -> Design:
    """The humans' terms as the sample has them."""
    names = ("intercept", "education=college", "education=school", "job=doctor", "job=nurse", "sex=m")
    levels = ((0, 2), (0, 1), (1, 2), (1, 1), (2, 1))
    x = np.array([np.ones(of.human.sum()), *((of.shown[k] == level)[of.human] for k, level in levels)], dtype=float)
    keys = ("/plan/estimand", *(f"/plan/estimand/terms/{k}" for k, _ in levels))
    return Design(x, names, keys, None, (None, *(["education=none"] * 2), *(["job=waiter"] * 2), "sex=f"))
