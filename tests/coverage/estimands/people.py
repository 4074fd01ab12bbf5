"""People with two terms, an outcome of some kind and an LLM that answers for them: the centre, and one thing harder.

``kinds`` says how eta, u and v become answers; v = rho u + sqrt(1 - rho^2) e. There are n humans and ``only`` n
LLM-only units. What can be harder:

spread     u is multiplied by 0.3 + |x|;  curved: 0.5 (x^2 - 1) is added to the outcome's eta
weighted   log weights are 0.5 (0.5 t + sqrt(.75) e'), t being x, or v where ``tied``: then the intercept moves
clusters   x, u and e have cluster effects of variance .36; 4 humans per cluster; LLM-only units in other clusters of 4
           (apart) or 4 x ``only`` of them in the humans' clusters (spanning); ``told`` False: the column is not sent
sampled    a frame of 4 n units, each giving a human answer with its own known probability, tied to x and v
arms       z is the arm: independent (each arm has its own LLM-only units) or shared (twins, answered for under both)
llms       so many LLMs, each with its own e;  groups: the second of two subgroups has 0.5 more eta

Shapes: as the layout ``table``. Units: the outcome's; terms are x and z (or the arm).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy.special import expit

from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.moments import FloatArray
from service.calibration.plan import Model
from service.calibration.sample import Sample
from tests.coverage.estimands.kinds import CATEGORIES, KINDS, RARE, Kind, lean, truth

ARMS = ("control", "treated")
GROUPS = ("first", "second")
PER_CLUSTER = 4
EFFECT = 0.6  # standard deviation of cluster effects, of a total of 1
SPREAD = 0.5  # of log weights
TIE = 0.5
LEAST, MOST = 0.02, 0.9
GAP = 0.5


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard normal rows (N,) that units of one cluster share in part."""

    rng: np.random.Generator
    size: int
    cluster: FloatArray | None = None

    def __call__(self) -> FloatArray:
        """One row."""
        if self.cluster is None:
            return self.rng.standard_normal(self.size)
        of = self.cluster.astype(np.int64)
        effect = EFFECT * self.rng.standard_normal(of.max() + 1)
        return np.asarray(effect[of] + sqrt(1.0 - EFFECT**2) * self.rng.standard_normal(self.size))


def weights(rng: np.random.Generator, tied: FloatArray) -> FloatArray:
    """Weights whose logarithm correlates TIE with a standard normal row (N,)."""
    return np.asarray(np.exp(SPREAD * (TIE * tied + sqrt(1.0 - TIE**2) * rng.standard_normal(tied.size))))


def probabilities(rng: np.random.Generator, tied: FloatArray) -> FloatArray:
    """Known probabilities of giving a human answer, between LEAST and MOST, about .24 on average."""
    propensity = TIE * tied + sqrt(1.0 - TIE**2) * rng.standard_normal(tied.size)
    return np.asarray(LEAST + (MOST - LEAST) * expit(1.5 * propensity - 1.5))


def clusters(n: int, only: int, kind: str | None) -> FloatArray | None:
    """Cluster numbers of n humans and ``only`` n others."""
    if kind is None:
        return None
    if kind == "apart":
        return np.arange((1 + only) * n) // PER_CLUSTER + 0.0
    return np.concatenate((np.arange(n) // PER_CLUSTER, np.arange(only * n) // (PER_CLUSTER * only))) + 0.0


@dataclass(frozen=True, slots=True)
class People:
    """What is drawn: the centre unless said otherwise."""

    kind: str
    n: int
    rho: float = 0.7
    only: int = 10
    rare: bool = False
    biased: bool = False
    spread: bool = False
    curved: bool = False
    weighted: bool = False
    tied: bool = False
    clusters: Literal["apart", "spanning"] | None = None
    told: bool = True
    sampled: bool = False
    arms: Literal["independent", "shared"] | None = None
    llms: int = 1
    groups: bool = False

    @property
    def size(self) -> int:
        """Units in all."""
        return 4 * self.n if self.sampled else (1 + self.only) * self.n

    @property
    def base(self) -> float:
        """The linear predictor at x = z = 0."""
        return RARE[self.kind] if self.rare else KINDS[self.kind].base

    @property
    def of(self) -> Kind:
        """The kind with this base."""
        kind = KINDS[self.kind]
        return Kind(kind.estimand, kind.answer, kind.llm, self.base)

    @property
    def model(self) -> Model:
        """The model that is fitted."""
        if self.of.estimand == "correlation":
            return Model(("x",))
        return Model(("x",), treatment=True) if self.arms else Model(("x", "z"))

    @property
    def truth(self) -> Mapping[str, float]:
        """The true value of every component, of the second subgroup too."""
        found = truth(self.kind, self.base, "z" if self.arms is None else f"arm={ARMS[1]}")
        if self.tied:
            found["intercept"] += self.rho * TIE * SPREAD
        if not self.groups:
            return found
        moved = found | {"intercept": found["intercept"] + GAP}
        return {f"{GROUPS[0]}: {k}": v for k, v in found.items()} | {f"{GROUPS[1]}: {k}": v for k, v in moved.items()}

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        categories = Categories(CATEGORIES) if self.of.estimand == "multinomial" else None
        return from_table(self.table(rng), "error", Reading(categories, self.model))

    def table(self, rng: np.random.Generator) -> Table:
        """One study as it is sent."""
        cluster = clusters(self.n, self.only, self.clusters)
        noise, kind = Noise(rng, self.size, cluster), self.of
        x, z = noise(), self._second(rng)
        u = np.array([noise() for _ in range(kind.rows)])
        v = [self._heard(noise, u) for _ in range(self.llms if self.arms != "shared" else 2)]
        group = rng.integers(0, 2, self.size) if self.groups else np.zeros(self.size, dtype=np.int64)
        human = np.arange(self.size) < self.n
        probability = probabilities(rng, (x + v[0][0]) / sqrt(2.0)) if self.sampled else None
        if probability is not None:
            human = rng.random(self.size) < probability
        weight = weights(rng, v[0][0] if self.tied else x) if self.weighted else None
        shown = (("x", x),) if self.arms or kind.estimand == "correlation" else (("x", x), ("z", z))
        arm = None if self.arms is None else np.where(human | (self.arms == "independent"), z, -1).astype(np.int64)
        return Table(
            outcomes=(("y", self._outcome(kind.eta(x, z) + GAP * group, x, u, human)),),
            predictions=tuple(self._predictions(x, z, group, v)),
            arm=None if arm is None else Labels(arm, ARMS),
            prediction_design=self.arms,
            covariates=shown,
            survey=Survey(weight, cluster if self.told else None, sampling_probability=probability),
            subgroup=Labels(group, GROUPS) if self.groups else None,
        )

    def _heard(self, noise: Noise, u: FloatArray) -> FloatArray:
        return self.rho * u + sqrt(1.0 - self.rho**2) * np.array([noise() for _ in u])

    def _second(self, rng: np.random.Generator) -> FloatArray:
        """z; half of the humans and of the others where it is the arm."""
        if self.arms is None:
            return rng.integers(0, 2, self.size) + 0.0
        half = np.arange(self.size) % 2 + 0.0
        half[: self.n] = rng.permutation(half[: self.n])
        return half

    def _outcome(self, eta: FloatArray, x: FloatArray, u: FloatArray, human: np.ndarray) -> FloatArray | Labels:
        eta = eta + 0.5 * (x * x - 1.0) if self.curved else eta
        u = u * (0.3 + np.abs(x)) if self.spread else u
        if self.of.estimand == "multinomial":
            return Labels(np.where(human, self.of.answer(eta, u), -1), CATEGORIES)
        y = np.full(self.size, np.nan)
        y[human] = self.of.answer(eta[:, human], u[:, human])
        return y

    def _predictions(
        self, x: FloatArray, z: FloatArray, group: np.ndarray, v: Sequence[FloatArray]
    ) -> list[PredictionColumn]:
        found = []
        for j, heard in enumerate(v):
            arm = ARMS[j] if self.arms == "shared" else None
            eta = self.of.eta(x, z if arm is None else np.full(self.size, float(j))) + GAP * group
            said = self.of.llm(lean(eta, biased=self.biased), heard)
            model = "llm" if arm else f"llm {j}"
            names = CATEGORIES if said.shape[0] > 1 else (None,)
            found += [PredictionColumn(f, model, arm, category=c) for c, f in zip(names, said, strict=True)]
        return found
