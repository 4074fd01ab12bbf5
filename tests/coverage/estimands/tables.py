"""Studies whose populations stand beside this folder: plug-in statistics, coefficients from strata, imputed covariates.

Shapes: as the layout ``table``. Units: those of the statistic; of the coefficients. See ``plug_ins``, ``imputed`` and
``stratified_coefficients`` for how people and LLMs answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import from_table
from service.calibration.plan import Model
from service.calibration.sample import Sample
from tests.coverage import imputed, plug_ins
from tests.coverage import stratified_coefficients as stratified
from tests.coverage.estimands.profiles import TRUTHS

ALONE = {"variance": "estimate", "gini": "estimate", "spearman": "estimate", "standardized_mean_difference": "t - c"}


@dataclass(frozen=True, slots=True)
class Plugged:
    """A statistic of a population of ``plug_ins``, n humans (per arm where arms are compared)."""

    statistic: str
    population: str
    n: int

    @property
    def model(self) -> Model:
        """The covariate, where there is one."""
        return Model(("x",) if self.statistic == "spearman" else ())

    @property
    def truth(self) -> Mapping[str, float]:
        """The statistic of the population."""
        return {ALONE.get(self.statistic, "t / c"): plug_ins.TRUTHS[self.statistic](self.population)}

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        drawn = plug_ins.DRAWS[self.statistic](self.population, self.n, rng)
        return from_table(plug_ins.table(drawn, self.n), "error", Reading(None, self.model))


@dataclass(frozen=True, slots=True)
class Stratified:
    """Coefficients from four strata."""

    of: stratified.Cell

    @property
    def n(self) -> int:
        """Humans."""
        return self.of.n

    @property
    def shares(self) -> Mapping[str, float] | None:
        """The stated shares."""
        return dict(zip(stratified.STRATA, stratified.SHARES.tolist(), strict=True)) if self.of.stated else None

    @property
    def truth(self) -> Mapping[str, float]:
        """The coefficients of the population."""
        found = json.loads(TRUTHS.read_text())[f"strata, {self.of.kind}"]["coefficients"]
        return dict(zip(stratified.NAMES, found, strict=True))

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        return from_table(stratified.study(self.of, rng), "error", Reading(None, stratified.MODEL))


@dataclass(frozen=True, slots=True)
class Imputed:
    """An estimand whose covariate the LLM imputes for those who are not human."""

    estimand: str
    case: str
    n: int

    @property
    def truth(self) -> Mapping[str, float]:
        """The coefficients or the statistic."""
        value = imputed.TRUTHS[self.estimand]
        return {"intercept": 0.0, "x": value} if self.estimand == "linear" else {"estimate": value}

    def draw(self, rng: np.random.Generator) -> Sequence[Sample]:
        """One study."""
        return from_table(imputed.study(self.case, self.n, rng)[0], "error", Reading(None, imputed.MODEL))
