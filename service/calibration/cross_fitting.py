"""Cross-fitting: a mean calibrated with slopes that every human's own answer had no part in.

Name: cross-fitted regression calibration (cross-prediction-powered inference with linear predictions).
Formula: the humans, or whole clusters, are dealt into K folds; with b_dk the slope of arm d learned outside fold k and
s_dk the fold's share of the arm's humans (by weight),
    mu_d = sum_k s_dk (ybar_dk + b_dk'(cbar* - cbar_dk))
which is slope 1 on the index h_d: of a human of fold k (whatever the arm) h_d = b_dk'(c - cbar_d), of every other unit
h_d = sum_k s_dk b_dk'(c - cbar_d), with cbar_d the mean of c of the arm's humans. Variance and degrees of freedom are
those of a given slope (see ``estimate``): the residuals are of answers that the slopes have not seen, so that no choice
made in learning them flatters them.
An LLM-only unit in a cluster of a fold's humans gets that fold's slope.
Shapes: K folds, D arms (cells), p columns; slopes (K, D, p). Units: h is in outcome units around 0.
Assumes: rows; independent units or clusters. Breaks: nothing is shrunk: slopes learned from few humans cost precision.
Raises: ``too_few_for_folds``.
Source: Zrnic & Candes 2309.16598 (cross-prediction-powered inference); Schick (1986) for cross-fitting.
Differs: linear predictions; LLM-only units and humans are one pool; no step for the folds' common training humans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.errors import NotIdentified
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray, IntArray
from service.calibration.resampling import generator
from service.calibration.sample import Column, Sample, Units

FOLDS = 5
FEWEST = 2  # humans of an arm outside every fold


@dataclass(frozen=True, slots=True)
class Folds:
    """The fold of every human, arm by arm (n_d,); of every cluster (G,) of ``clusters``, where there are any."""

    count: int
    human: tuple[IntArray, ...]
    clusters: IntArray
    of_cluster: IntArray

    def outside(self, fold: int) -> list[IntArray]:
        """The humans, arm by arm, that are not in a fold, as indexes."""
        return [np.flatnonzero(own != fold) for own in self.human]

    def of(self, units: Units) -> IntArray:
        """The fold (m,) of LLM-only units by their clusters; -1 where no human is in the cluster."""
        if units.cluster is None or not self.clusters.size:
            return np.full(units.n, -1)
        place = np.minimum(np.searchsorted(self.clusters, units.cluster), self.clusters.size - 1)
        return np.where(self.clusters[place] == units.cluster, self.of_cluster[place], -1)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned outside every fold: slopes (K, D, p) on the sample's columns, 0 where a column has none."""

    folds: Folds
    slope: FloatArray


def dealt(sample: Sample, seed: int) -> Folds:
    """The humans dealt into ``FOLDS`` folds (fewer where they, or their clusters, are fewer), arm by arm, at random."""
    draw = generator(seed, "folds")
    units = [u for u in sample.human if isinstance(u, Units)]
    codes = [u.cluster for u in units if u.cluster is not None]
    if not codes:
        human, start = [], 0
        count = min(FOLDS, sum(u.n for u in units))
        for u in units:
            fold = np.empty(u.n, dtype=np.int64)
            fold[draw.permutation(u.n)] = (start + np.arange(u.n)) % count
            human.append(fold)
            start += u.n
        return _checked(sample, Folds(count, tuple(human), np.zeros(0, np.int64), np.zeros(0, np.int64)))
    clusters, first = np.unique(np.concatenate(codes), return_index=True)
    arm = np.repeat(np.arange(len(units)), [u.n for u in units])[first]
    count = min(FOLDS, clusters.size)
    of_cluster = np.empty(clusters.size, dtype=np.int64)
    of_cluster[np.lexsort((draw.permutation(clusters.size), arm))] = np.arange(clusters.size) % count
    own = tuple(of_cluster[np.searchsorted(clusters, code)] for code in codes)
    return _checked(sample, Folds(count, own, clusters, of_cluster))


def _checked(sample: Sample, folds: Folds) -> Folds:
    for k in range(folds.count):
        for d, left in enumerate(folds.outside(k)):
            if left.size < FEWEST:
                raise NotIdentified.at(
                    sample.pointers[d],
                    "too_few_for_folds",
                    f"a fold leaves fewer than {FEWEST} humans of an arm (in each of its strata) to learn from",
                    "collect more humans or clusters, leave stratum out, or use model_selection all",
                )
    return folds


def training(frame: Frame, folds: Folds, fold: int) -> Frame:
    """The frame with the humans outside a fold only, and no LLM-only unit: what slopes may be learned from."""
    sample, keep = frame.sample, folds.outside(fold)
    human = tuple(_taken(u, at) for u, at in zip(sample.human, keep, strict=True))
    chosen = tuple(c[at] for c, at in zip(sample.chosen, keep, strict=True)) if sample.chosen else ()
    none = tuple(None for _ in sample.llm_only)
    return replace(frame, sample=replace(sample, human=human, chosen=chosen, llm_only=none))


def _taken(units: object, at: IntArray) -> Units:
    assert isinstance(units, Units)
    names = ("y", "weight", "cluster", "stratum", "sampling_probability", "row")
    return replace(
        units,
        c=units.c[:, at],
        **{name: None if (values := getattr(units, name)) is None else values[at] for name in names},
    )


def cross_fitted(frame: Frame, learned: Learned) -> Estimate:
    """The estimate with every fold's slopes from outside it; an arm without slopes stays human-only."""
    sample, shares = frame.sample, _shares(frame, learned.folds)
    mean = np.einsum("dk,kdp->dp", shares, learned.slope)
    index = tuple(range(len(sample.arms)))
    own = replace(
        sample,
        columns=tuple(Column("index", "prediction") for _ in (index if sample.shared else index[:1])),
        human=tuple(_human(frame, learned, d) for d in index),
        llm_only=tuple(_llm_only(frame, learned, k, mean) for k in range(len(sample.llm_only))),
    )
    used, on = [bool(row.any()) for row in learned.slope.swapaxes(0, 1)], np.eye(len(own.columns))
    slopes = [on[d if sample.shared else 0] * used[d] for d in index]
    there = replace(frame, sample=own)
    return replace(assemble(there, slopes, there.pools), tuned=mean)


def _shares(frame: Frame, folds: Folds) -> FloatArray:
    """s_dk (D, K)."""
    found = []
    for arm, fold in zip(frame.arms, folds.human, strict=True):
        weight = None if arm.root_weight is None else arm.root_weight**2
        found.append(np.bincount(fold, weight, folds.count) / fold.size)
    return np.array(found)


def _indexes(frame: Frame, pool: int, arm: int | None) -> Sequence[int]:
    """The arms whose index a source holds, by column: its own arm's alone, or those of all arms."""
    sample = frame.sample
    return range(len(sample.arms)) if sample.shared else [pool if arm is None else arm]


def _human(frame: Frame, learned: Learned, arm: int) -> Units:
    """An arm's humans with h of their own fold."""
    units, pool = frame.sample.human[arm], frame.sample.pool_of(arm)
    assert isinstance(units, Units)
    rows = [
        _index(frame, pool, r)
        * np.einsum("np,pn->n", learned.slope[learned.folds.human[arm], r], _from_centre(frame, units, r))
        for r in _indexes(frame, pool, arm)
    ]
    return replace(units, c=np.array(rows))


def _llm_only(frame: Frame, learned: Learned, pool: int, mean: FloatArray) -> Units | None:
    """A pool's LLM-only units with the folds' mean h, or that of the fold of their cluster."""
    units = frame.sample.llm_only[pool]
    if not isinstance(units, Units):
        return None
    fold, rows = learned.folds.of(units), []
    for r in _indexes(frame, pool, None):
        from_centre = _from_centre(frame, units, r)
        own, apart = mean[r] @ from_centre, np.flatnonzero(fold >= 0)
        own[apart] = np.einsum("np,pn->n", learned.slope[fold[apart], r], from_centre[:, apart])
        rows.append(_index(frame, pool, r) * own)
    return replace(units, c=np.array(rows))


def _from_centre(frame: Frame, units: Units, arm: int) -> FloatArray:
    """C (p, n) of units from the mean of an arm's humans, so that folds with other slopes are at the same height."""
    return np.asarray(units.c - frame.human[arm].mean[1:, None])


def _index(frame: Frame, pool: int, arm: int) -> float:
    """Whether an arm is evaluated on a pool: 1 or 0, the index of an arm of another stratum."""
    return float(frame.sample.pool_of(arm) == pool)
