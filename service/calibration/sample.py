"""The sample: human and LLM responses, parsed once into finite, read-only float64 arrays.

Nothing behind it checks again. A unit belongs to exactly one source: the humans of one arm, or the LLM-only units
of one pool. A source holds its rows (``Units``) or moments (``Moments``, outcome first); a sample never mixes the two.

Shapes: n humans of an arm, m LLM-only units of a pool, p columns (predictions, covariates, refusal indicators).
Units: outcomes and predictions in the caller's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from service.calibration.errors import Warned
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray, IntArray, Moments
from service.calibration.plan import Identification
from service.calibration.redraws import Redraw
from service.calibration.response import Response

PredictionDesign = Literal["shared", "independent"]
ColumnKind = Literal["prediction", "covariate", "refusal", "imputed"]
Link = Literal["fisher_z"]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one column of c: its place, whose prediction it is, and how missing answers were filled.

    ``arm`` is the condition the LLM was asked under (shared predictions only); ``n_missing_human`` has one count per
    arm, ``n_missing_llm_only`` one per pool; ``icc`` is the intraclass correlation of repeated ``draws``; values are
    held as deviations from ``origin``; the values of a ``category`` are its probabilities, those of a ``component`` the
    influence values of a model's coefficient of that name. ``imputed``: what a model says of the term ``covariate``.
    """

    name: str
    kind: ColumnKind
    model: str | None = None
    arm: str | None = None
    population_mean: float | None = None
    n_missing_human: tuple[int, ...] = ()
    n_missing_llm_only: tuple[int, ...] = ()
    icc: float | None = None
    draws: int = 1
    pointer: str = ""
    origin: float = 0.0
    category: str | None = None
    component: str | None = None
    covariate: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a model: a numeric covariate, or one level of a covariate of names, told from ``baseline``."""

    covariate: str
    level: str | None = None
    baseline_level: str | None = None

    @property
    def name(self) -> str:
        """``age``, or ``sex=f``."""
        return self.covariate if self.level is None else f"{self.covariate}={self.level}"

    @property
    def baseline(self) -> str | None:
        """``sex=m``, what ``sex=f`` is told from."""
        return None if self.baseline_level is None else f"{self.covariate}={self.baseline_level}"


@dataclass(frozen=True, slots=True)
class Units:
    """The rows of one source: columns c (p, n), outcome y (n,) for humans, and the survey design where it is known.

    ``x`` (k, n) are a model's terms and ``choice_set`` (n,) the set that a unit is an alternative of. ``corrected``
    (1 + p, n) are the deviations of outcome and columns after the leverage correction of a model's own fit. ``row``
    (n,) are the units' numbers in the caller's data, which line up samples. For a target x are deviations from its
    margins, ``on_target`` (p or 1 + p, k) the slopes on them that columns and outcome lost.
    """

    c: FloatArray
    y: FloatArray | None = None
    weight: FloatArray | None = None
    cluster: IntArray | None = None
    stratum: IntArray | None = None
    sampling_probability: FloatArray | None = None
    x: FloatArray | None = None
    choice_set: IntArray | None = None
    corrected: FloatArray | None = None
    row: IntArray | None = None
    on_target: FloatArray | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return int(self.c.shape[1])

    def followed_by(self, others: Units) -> Units:
        """These units and others on the same columns, without outcomes: who is asked, where they stand in a pool."""
        weight = None if self.weight is None or others.weight is None else np.append(self.weight, others.weight)
        row = None if self.row is None or others.row is None else np.append(self.row, others.row)
        return Units(np.concatenate((self.c, others.c), axis=1), weight=weight, row=row)


@dataclass(frozen=True)
class Sample:
    """Humans by arm and LLM-only units by pool, on the same p columns.

    ``human`` has one source per arm. ``llm_only`` has one entry for a shared pool and one per arm otherwise, ``None``
    where a pool has no LLM-only unit. ``pointers`` say where each arm's humans stand in the caller's data. Outcomes are
    held as deviations from ``origin``, which is 0 unless their level dwarfs their spread (a mean near 1e8 with sd 1).
    Stratum codes are indexes of ``strata``, ``drawn_shares`` (H,) their shares if the sample's own. For the share of
    one category the outcome is whether a human chose ``component``; ``categories`` are all there are and ``chosen``
    (n,) every arm's. ``terms`` are a model's, by row of ``Units.x``. A ``linearised`` sample has one arm, a
    coefficient as ``component`` and no categories: ``spare`` are the degrees of freedom that its human fit leaves,
    ``identification`` how its pool is identified, and with ``pool_given`` the LLM-only units are the whole pool;
    ``link`` is the scale on which its intervals are formed, if not its own; ``empirical``: the degrees of freedom
    know of the tails of the influence values. ``redraw`` says how its fits are made again on resampled humans.
    ``subgroup`` names the subgroup whose units these are; None: everyone. ``margins`` are those of a target population.
    ``unanswered`` did not answer (None: nobody; empty: not told apart); see ``response`` and ``refusals.by_chance``.
    """

    arms: tuple[str, ...]
    prediction_design: PredictionDesign
    columns: tuple[Column, ...]
    human: tuple[Units | Moments, ...]
    llm_only: tuple[Units | Moments | None, ...]
    pointers: tuple[str, ...]
    outcome: str = "y"
    origin: float = 0.0
    n_dropped: int = 0
    warnings: tuple[Warned, ...] = field(default=())
    strata: tuple[str, ...] = ()
    component: str | None = None
    categories: tuple[str, ...] = ()
    chosen: tuple[IntArray, ...] = ()
    stratum_of: tuple[int, ...] = ()
    terms: tuple[Term, ...] = ()
    spare: float | None = None
    identification: Identification | None = None
    pool_given: bool = False
    link: Link | None = None
    empirical: bool = False
    redraw: Redraw | None = None
    subgroup: str | None = None
    unanswered: tuple[Units | None, ...] = ()
    unanswered_by_chance: float = 1.0
    response: tuple[Response, ...] = ()
    margins: Margins | None = None
    drawn_shares: FloatArray | None = None

    @cached_property
    def shared(self) -> bool:
        """Whether every unit carries the predictions under all conditions."""
        return self.prediction_design == "shared" and len(set(self.arms)) > 1

    @property
    def has_rows(self) -> bool:
        """Whether rows, not only moments, are at hand."""
        return isinstance(self.human[0], Units)

    @cached_property
    def clustered(self) -> bool:
        """Whether units belong to clusters."""
        return isinstance(self.human[0], Units) and self.human[0].cluster is not None

    @cached_property
    def weighted(self) -> bool:
        """Whether units have survey weights."""
        return isinstance(self.human[0], Units) and self.human[0].weight is not None

    @cached_property
    def by_probability(self) -> bool:
        """Whether the humans' sampling probabilities are known."""
        return isinstance(self.human[0], Units) and self.human[0].sampling_probability is not None

    @property
    def linearised(self) -> bool:
        """Whether outcomes are influence values of a model's coefficient."""
        return self.spare is not None

    @property
    def within_strata(self) -> bool:
        """Whether influence values were sampled in strata, within which their variance is taken."""
        return self.linearised and isinstance(self.human[0], Units) and self.human[0].stratum is not None

    @property
    def plain(self) -> bool:
        """Whether units are equally weighted, independent and of one stratum."""
        return not (self.weighted or self.clustered or self.strata or self.by_probability or self.response)

    def asked(self, arm: int) -> Units | Moments:
        """Everybody asked in an arm: those who answered, then those who did not."""
        source, others = self.human[arm], self.unanswered[arm] if self.unanswered else None
        return source if others is None or isinstance(source, Moments) else source.followed_by(others)

    @cached_property
    def goes_beyond_humans(self) -> bool:
        """Whether anything is known of c beyond the humans: an LLM-only unit or a population mean."""
        return any(s is not None for s in self.llm_only) or any(c.population_mean is not None for c in self.columns)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models in order of first appearance."""
        return tuple(dict.fromkeys(c.model for c in self.columns if c.kind == "prediction" and c.model is not None))

    @cached_property
    def directions(self) -> FloatArray:
        """Each arm's own LLM prediction as weights on the columns (D, p).

        The equal-weight mean over the models that answered for every arm, so that no contrast mixes models; else 0.
        """
        each = [direction for m in self.models if (direction := self.direction(m)).any(axis=1).all()]
        return np.asarray(sum(each) / len(each)) if each else np.zeros((len(self.arms), len(self.columns)))

    def direction(self, model: str) -> FloatArray:
        """A model's prediction for each arm as weights on the columns (D, p); zero rows where it has none.

        The share of the first category has no column: it is 1 (``direction_level``) minus all others. Influence values
        on another coefficient than the sample's own are no prediction of it.
        """
        weights = np.zeros((len(self.arms), len(self.columns)))
        mine = [
            (j, c.arm)
            for j, c in enumerate(self.columns)
            if c.kind == "prediction" and c.model == model and c.component in (None, self.component)
        ]
        for d, arm in enumerate(self.arms):
            own = [j for j, asked_under in mine if asked_under == arm] or [j for j, under in mine if under is None]
            if not self.categories:
                weights[d, own] = 1.0 / max(1, len(own))
            elif self.direction_level:
                weights[d, own] = -1.0
            else:
                weights[d, [j for j in own if self.columns[j].category == self.component]] = 1.0
        return weights

    @property
    def direction_level(self) -> float:
        """What the LLM's own prediction is beside its columns: 1 for the share of the first category, else 0."""
        return 1.0 if self.categories and self.component == self.categories[0] else 0.0

    def pool_of(self, arm: int) -> int:
        """Index of the pool an arm is evaluated on."""
        return (self.stratum_of[arm] if self.stratum_of else 0) if self.shared else arm

    def arms_of(self, pool: int) -> tuple[int, ...]:
        """The arms that are evaluated on a pool."""
        return tuple(d for d in range(len(self.arms)) if self.pool_of(d) == pool)

    def with_columns(self, index: Sequence[int]) -> Sample:
        """The same units seen through a subset of the columns."""
        keep = list(index)
        if keep == list(range(len(self.columns))):
            return self
        return replace(
            self,
            columns=tuple(self.columns[j] for j in keep),
            human=tuple(_select(source, keep, outcome=True) for source in self.human),
            llm_only=tuple(None if s is None else _select(s, keep, outcome=False) for s in self.llm_only),
            unanswered=tuple(None if s is None else replace(s, c=s.c[keep]) for s in self.unanswered),
            redraw=None if self.redraw is None else self.redraw.with_columns(keep),
        )

    def reordered(self, order: Sequence[int]) -> Sample:
        """The same sample with its arms in another order."""
        if list(order) == list(range(len(self.arms))):
            return self
        pick = list(order)
        return replace(
            self,
            arms=tuple(self.arms[d] for d in pick),
            human=tuple(self.human[d] for d in pick),
            llm_only=self.llm_only if self.shared else tuple(self.llm_only[d] for d in pick),
            columns=tuple(_reordered_counts(c, pick, shared=self.shared) for c in self.columns),
            pointers=tuple(self.pointers[d] for d in pick),
            chosen=tuple(self.chosen[d] for d in pick) if self.chosen else (),
            unanswered=tuple(self.unanswered[d] for d in pick) if self.unanswered else (),
            response=tuple(self.response[d] for d in pick) if self.response else (),
        )


def _select(source: Units | Moments, keep: list[int], *, outcome: bool) -> Units | Moments:
    rows = [0, *(j + 1 for j in keep)] if outcome else keep
    if isinstance(source, Moments):
        return source.select(rows)
    corrected, on_target = (None if v is None else v[rows] for v in (source.corrected, source.on_target))
    return replace(source, c=source.c[keep], corrected=corrected, on_target=on_target)


def _reordered_counts(column: Column, pick: list[int], *, shared: bool) -> Column:
    if not column.n_missing_human:
        return column
    llm_only = column.n_missing_llm_only if shared else tuple(column.n_missing_llm_only[d] for d in pick)
    return replace(column, n_missing_human=tuple(column.n_missing_human[d] for d in pick), n_missing_llm_only=llm_only)
