"""The study as checks see it: every outcome of everyone and of every subgroup, with or without pairs.

Nothing is filled and nothing that cannot be calibrated is refused: arms without humans, humans without LLM answers,
constant answers. A ``View`` holds rows (NaN marks a missing answer) or, from the layout ``moments``, a sample.
Shapes: p columns; a source has n units: c (p, n), first draws (p, n), outcomes y (n,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray, IntArray, Moments
from service.calibration.sample import Column, PredictionDesign, Sample


@dataclass(frozen=True, slots=True)
class Source:
    """Units of one source: columns c (p, n), draws averaged; ``single`` (p, n) has one draw of each; y of humans.

    ``row`` (n,) are the units' numbers in the caller's data, ascending, which line up the views of several outcomes.
    """

    c: FloatArray
    single: FloatArray
    y: FloatArray | None = None
    weight: FloatArray | None = None
    cluster: IntArray | None = None
    row: IntArray | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return int(self.c.shape[1])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Units of an arm with both answers: y (n,) and the LLM's f (n,), draws averaged."""

    y: FloatArray
    f: FloatArray
    cluster: IntArray | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return int(self.y.shape[0])


@dataclass(frozen=True, eq=False)
class View:
    """One outcome of everyone, or of a ``subgroup``: humans by arm, LLM-only units by pool.

    With ``categories`` y holds codes, and an LLM's answer is one column of probabilities per category but the first.
    ``sample`` has moments in place of rows, the outcome first.
    """

    outcome: str
    subgroup: str | None
    arms: tuple[str, ...]
    prediction_design: PredictionDesign
    columns: tuple[Column, ...]
    human: tuple[Source, ...] = ()
    llm_only: tuple[Source | None, ...] = ()
    categories: tuple[str, ...] = ()
    sample: Sample | None = None

    @property
    def shared(self) -> bool:
        """Whether every unit carries the predictions under all conditions."""
        return self.prediction_design == "shared" and len(self.arms) > 1

    @property
    def numeric(self) -> bool:
        """Whether answers are numbers in rows."""
        return self.sample is None and not self.categories

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models in order of first appearance."""
        return tuple(dict.fromkeys(c.model for c in self.columns if c.kind == "prediction" and c.model is not None))

    def n_human(self, arm: int) -> int:
        """Number of an arm's human answers."""
        return int(self.sample.human[arm].n) if self.sample is not None else self.human[arm].n

    def n_llm_only(self, arm: int) -> int:
        """Number of LLM-only units, as rows, in an arm's pool."""
        only = self.llm_only[self.pool_of(arm)] if self.llm_only else None
        return 0 if only is None else only.n

    def pool_of(self, arm: int) -> int:
        """Index of the pool an arm's LLM-only units are in."""
        return 0 if self.shared else arm

    def own(self, model: str, arm: int) -> list[int]:
        """The columns of a model's prediction for an arm: those asked under it, else those asked under none."""
        mine = [(j, c.arm) for j, c in enumerate(self.columns) if c.kind == "prediction" and c.model == model]
        under = [j for j, asked in mine if asked == self.arms[arm]]
        return under or [j for j, asked in mine if asked is None]

    def pairs(self, model: str, arm: int) -> Pairs | None:
        """The units of an arm with both answers, from rows of numbers; None where there is no such unit."""
        own = self.own(model, arm)
        if not self.numeric or len(own) != 1:
            return None
        source = self.human[arm]
        both = ~np.isnan(source.c[own[0]])
        if source.y is None or not both.any():
            return None
        return Pairs(source.y[both], source.c[own[0]][both], None if source.cluster is None else source.cluster[both])

    def alone(self, model: str, arm: int) -> FloatArray:
        """A model's answers (m,), one draw each, for LLM-only units of an arm's pool; empty where there are none."""
        own, source = self.own(model, arm), self.llm_only[self.pool_of(arm)] if self.llm_only else None
        if source is None or len(own) != 1:
            return np.zeros(0)
        values = source.single[own[0]]
        return np.asarray(values[~np.isnan(values)])

    def joint(self, model: str, arm: int) -> Moments | None:
        """Moments of (y, f) of an arm, from moments or from its pairs."""
        own = self.own(model, arm)
        if self.sample is not None:
            source = self.sample.human[arm]
            return source.select([0, own[0] + 1]) if isinstance(source, Moments) and len(own) == 1 else None
        pairs = self.pairs(model, arm)
        if pairs is None:
            return None
        rows = np.array([pairs.y, pairs.f])
        mean = rows.mean(axis=1)
        deviations = rows - mean[:, None]
        return Moments(pairs.n, mean, deviations @ deviations.T)


@dataclass(frozen=True)
class Study:
    """All views, outcome by outcome: everyone first, then every subgroup; what is said about left out answers."""

    views: tuple[View, ...]
    warnings: tuple[Warned, ...] = ()

    @cached_property
    def whole(self) -> tuple[View, ...]:
        """The views of everyone, one per outcome."""
        return tuple(v for v in self.views if v.subgroup is None)

    @cached_property
    def by_subgroup(self) -> dict[str | None, list[View]]:
        """The views of everyone (None) and of every subgroup, one per outcome."""
        found: dict[str | None, list[View]] = {}
        for view in self.views:
            found.setdefault(view.subgroup, []).append(view)
        return found

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes in the caller's order."""
        return tuple(v.outcome for v in self.whole)

    @property
    def models(self) -> tuple[str, ...]:
        """The models of any outcome, in order of first appearance."""
        return tuple(dict.fromkeys(m for v in self.views for m in v.models))

    @property
    def paired(self) -> bool:
        """Whether any unit has both a human and an LLM answer."""
        return any(_paired(v) for v in self.whole)


def _paired(view: View) -> bool:
    if view.sample is not None:
        return bool(view.columns)
    predictions = [j for j, c in enumerate(view.columns) if c.kind == "prediction"]
    return any(bool((~np.isnan(s.c[predictions])).any()) for s in view.human)


def cells(view: View, models: Sequence[str] | None = None) -> list[tuple[str, int]]:
    """Every (model, arm) of a view."""
    return [(m, d) for m in (view.models if models is None else models) for d in range(len(view.arms))]
