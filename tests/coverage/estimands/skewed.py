"""A skewed outcome for quantiles, one population or two arms, and an LLM that answers for it; one thing harder.

y = s exp(0.8 u), f = exp(0.8 v), v = rho u + sqrt(1 - rho^2) e; s = 1, or 1.5 in the treated of two arms, where the
LLM says 1.5 exp(0.8 v) too. n humans per arm and ``only`` n LLM-only units. ``people`` says what weighted, clusters,
sampled and arms are (weights and probabilities are tied to v). biased: the LLM answers 1.5 exp(-0.5 v). likert: answers
are round(3 + 1.2 u), cut to 1..5, so that ties abound; its quantile is where the distribution function passes q.
Truth: s exp(0.8 (ndtri(q) + shift)), shift = rho TIE SPREAD with weights, which move v's mean by TIE
SPREAD.
Shapes: as the layout ``table``. Units: the outcome's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample
from tests.coverage.departure_populations import likert
from tests.coverage.estimands.people import ARMS, SPREAD, TIE, Noise, clusters, probabilities, weights

SCALE, EFFECT = 0.8, 1.5


@dataclass(frozen=True, slots=True)
class Skewed:
    """What is drawn: the centre unless said otherwise; ``q`` are the quantiles asked for."""

    n: int
    q: tuple[float, ...] = (0.25, 0.5)
    rho: float = 0.7
    only: int = 10
    arms: Literal["independent", "shared"] | None = None
    biased: bool = False
    likert: bool = False
    weighted: bool = False
    clusters: Literal["apart", "spanning"] | None = None
    told: bool = True
    sampled: bool = False

    @property
    def humans(self) -> int:
        """Humans of all arms."""
        return self.n if self.arms is None else 2 * self.n

    @property
    def size(self) -> int:
        """Units in all."""
        return 4 * self.n if self.sampled else (1 + self.only) * self.humans

    @property
    def truth(self) -> Mapping[str, float]:
        """The true quantiles, or differences of quantiles."""
        if self.likert:
            share = ndtr((np.arange(1, 5) + 0.5 - 3.0) / 1.2)
            return {f"q={q:g}": float(1 + (share < q).sum()) for q in self.q}
        shift = self.rho * TIE * SPREAD if self.weighted else 0.0
        whole = 1.0 if self.arms is None else EFFECT - 1.0
        before = "" if self.arms is None else f"{ARMS[1]} - {ARMS[0]} "
        return {f"{before}q={q:g}": whole * exp(SCALE * (float(ndtri(q)) + shift)) for q in self.q}

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        cluster = clusters(self.humans, self.only, self.clusters)
        noise = Noise(rng, self.size, cluster)
        u = noise()
        v = self.rho * u + sqrt(1.0 - self.rho**2) * noise()
        z = np.arange(self.size) % 2
        z[: self.humans] = rng.permutation(z[: self.humans])
        human = np.arange(self.size) < self.humans
        probability = probabilities(rng, v) if self.sampled else None
        if probability is not None:
            human = rng.random(self.size) < probability
        weight = weights(rng, v) if self.weighted else None
        y = np.where(human, self._human(u, z), np.nan)
        arm = None if self.arms is None else Labels(np.where(human | (self.arms == "independent"), z, -1), ARMS)
        survey = Survey(weight, cluster if self.told else None, sampling_probability=probability)
        return from_table(Table((("y", y),), self._predictions(v, z), arm, self.arms, survey=survey))

    def _human(self, u: FloatArray, z: np.ndarray) -> FloatArray:
        if self.likert:
            return likert(u)
        return np.asarray((EFFECT if self.arms else 1.0) ** z * np.exp(SCALE * u))

    def _predictions(self, v: FloatArray, z: np.ndarray) -> tuple[PredictionColumn, ...]:
        if self.likert:
            return (PredictionColumn(likert(v), "llm"),)
        said = 1.5 * np.exp(-0.5 * v) if self.biased else np.exp(SCALE * v)
        if self.arms is None:
            return (PredictionColumn(said, "llm"),)
        if self.arms == "independent":
            return (PredictionColumn(EFFECT**z * said, "llm"),)
        return tuple(PredictionColumn(EFFECT**d * said, "llm", arm) for d, arm in enumerate(ARMS))
