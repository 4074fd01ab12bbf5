"""Recalibration: every prediction put through a monotone function of it, learned from other humans' answers.

Formula: the humans whom a prediction speaks for are dealt into K folds; with g_k the isotonic regression of their
outcomes on the prediction outside fold k, outcomes as deviations from their arm's mean there,
    human of fold k  h_i = g_k(f_i)                      every other unit  h_i = sum_k s_k g_k(f_i)
with s_k the fold's share of the humans' weight: given the other folds, h of a fold's humans is a fixed function of f.
A prediction of an arm with its own LLM-only units speaks for that arm's humans; one asked under a condition of shared
predictions for that condition's; one asked under none for all. Shares: a category's column learns who chose it.
Folds: the humans (or whole clusters, by their mean rank) in the order of f are dealt in turn. Nothing random, no y.
An LLM-only unit, or a human of another arm, in a cluster of a fold's humans gets that fold's g_k.
Shapes: humans of an arm (n,); p columns before and after. Units: h is in outcome units around 0.
Assumes: rows; independent units or clusters. Breaks: fewer than about 20 humans (g_k is little more than a step).
Raises: ``rows_required``; ``unsupported_combination`` (influence values, a known mean of a prediction).
Source: Ji, Lei & Zrnic 2501.09731 (recalibration, cross-fitting); van der Laan & van der Laan 2604.21260 (isotonic
calibration of a prediction score); Schick (1986) for cross-fitting.
Differs: deviations from the training mean: raw values know the other folds' mean outcome, which falls where the own
fold's rises, and a regression would take that for a relation. Every model's column is recalibrated by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.errors import UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.isotonic import Monotone, monotone
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Sample, Units

FOLDS = 5
FEWEST = 3  # any function of two values is a straight line: such a column stays as it is


@dataclass(frozen=True, slots=True)
class _Group:
    """A prediction column, the arms whose humans it speaks for, and all arms and pools that it is put through in."""

    column: int
    owners: tuple[int, ...]
    arms: tuple[int, ...]
    pools: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Learned:
    """One function per fold, each fold's share, the folds of the owners' humans (arm by arm) and of their clusters."""

    functions: tuple[Monotone, ...]
    shares: FloatArray
    folds: tuple[IntArray, ...]
    clusters: IntArray
    fold_of_cluster: IntArray

    def at(self, f: FloatArray, fold: IntArray) -> FloatArray:
        """H (m,) of units with predictions f (m,); a fold of -1 stands for units that are in none."""
        each = np.stack([g.at(f) for g in self.functions])
        return np.where(fold < 0, self.shares @ each, np.take_along_axis(each, np.maximum(fold, 0)[None], axis=0)[0])

    def fold(self, units: Units) -> IntArray:
        """The fold (m,) of other units by their clusters; -1 where none of the owners' humans is in the cluster."""
        if units.cluster is None:
            return np.full(units.n, -1)
        place = np.minimum(np.searchsorted(self.clusters, units.cluster), self.clusters.shape[0] - 1)
        return np.where(self.clusters[place] == units.cluster, self.fold_of_cluster[place], -1)


def recalibrated(frame: Frame) -> Frame:
    """The same frame with its predictions recalibrated."""
    sample = frame.sample
    _check(sample)
    human = [units.c.copy() for units in sample.human if isinstance(units, Units)]
    only = [units.c.copy() if isinstance(units, Units) else None for units in sample.llm_only]
    for group in _groups(sample):
        learned = _learned(frame, group)
        if learned is None:
            continue
        for d in group.arms:
            units = sample.human[d]
            assert isinstance(units, Units)
            fold = learned.folds[group.owners.index(d)] if d in group.owners else learned.fold(units)
            human[d][group.column] = _values(sample, group, units, learned, fold)
        for k in group.pools:
            source, columns = sample.llm_only[k], only[k]
            if isinstance(source, Units) and columns is not None:
                columns[group.column] = _values(sample, group, source, learned, learned.fold(source))
    changed = replace(
        sample,
        columns=tuple(replace(c, origin=0.0) if c.kind == "prediction" else c for c in sample.columns),
        human=tuple(_with(u, c) for u, c in zip(sample.human, human, strict=True)),
        llm_only=tuple(None if c is None else _with(u, c) for u, c in zip(sample.llm_only, only, strict=True)),
    )
    return replace(frame, sample=changed)


def _with(source: object, c: FloatArray) -> Units:
    assert isinstance(source, Units)
    return replace(source, c=c)


def _check(sample: Sample) -> None:
    place, hint = "/plan/estimator", "supported: recalibrated with means and shares; else regression or auto"
    if not sample.has_rows:
        text = "recalibration needs every unit's row and the data holds moments"
        raise UnsupportedCombination.at(
            place, "rows_required", text, "send layout table or arrays, or use regression or auto"
        )
    if sample.linearised:
        text = "a model's coefficients rest on influence values, which no monotone function of a prediction gives"
        raise UnsupportedCombination.at(place, "unsupported_combination", text, hint)
    for column in sample.columns:
        if column.kind == "prediction" and column.population_mean is not None:
            text = "the known mean of a prediction says nothing about the mean of the recalibrated one"
            raise UnsupportedCombination.at(
                column.pointer or place, "unsupported_combination", text, "leave out population_mean, or use regression"
            )


def _groups(sample: Sample) -> Iterator[_Group]:
    """Every prediction column with each set of humans that it speaks for; strata of an arm are together."""
    everyone, names = tuple(range(len(sample.arms))), tuple(dict.fromkeys(sample.arms))
    for j, column in enumerate(sample.columns):
        if column.kind != "prediction":
            continue
        if sample.shared:
            owners = tuple(d for d in everyone if column.arm in (None, sample.arms[d]))
            yield _Group(j, owners, everyone, tuple(range(len(sample.llm_only))))
            continue
        for name in names:
            cells = tuple(d for d in everyone if sample.arms[d] == name)
            yield _Group(j, cells, cells, cells)


def _values(sample: Sample, group: _Group, units: Units, learned: _Learned, fold: IntArray) -> FloatArray:
    """H (m,) of a source's units, 0 where the LLM gave no answer."""
    return np.where(_answered(sample, group.column, units), learned.at(units.c[group.column], fold), 0.0)


def _answered(sample: Sample, column: int, units: Units) -> FloatArray:
    """Whether (m,) the LLM answered: its refusal column, where there is one, says so."""
    own = sample.columns[column]
    refusals = [
        j for j, c in enumerate(sample.columns) if c.kind == "refusal" and (c.model, c.arm) == (own.model, own.arm)
    ]
    return np.asarray(units.c[refusals[0]] == 0.0) if refusals else np.ones(units.n, dtype=bool)


def _learned(frame: Frame, group: _Group) -> _Learned | None:
    """The functions of every fold; None where the column has fewer than 3 values among the humans."""
    sources = [units for d in group.owners if isinstance(units := frame.sample.human[d], Units)]
    f = np.concatenate([units.c[group.column] for units in sources])
    answered = np.concatenate([_answered(frame.sample, group.column, units) for units in sources])
    if np.unique(f[answered]).shape[0] < FEWEST:
        return None
    weight = np.concatenate([_weight(frame, d) for d in group.owners])
    arm = np.repeat(np.arange(len(sources)), [units.n for units in sources])
    codes = [units.cluster for units in sources if units.cluster is not None]
    clusters, member = np.unique(np.concatenate(codes) if codes else np.arange(f.shape[0]), return_inverse=True)
    fold_of = _dealt(f, member, clusters.shape[0])
    fold, y = fold_of[member], np.concatenate([_outcome(frame.sample, group.column, d) for d in group.owners])
    functions, shares = [], []
    for k in range(int(fold.max()) + 1):
        train = answered & (fold != k)
        functions.append(monotone(f[train], _deviations(y[train], weight[train], arm[train]), weight[train]))
        shares.append(weight[fold == k].sum())
    split = np.split(fold, np.cumsum([units.n for units in sources])[:-1])
    return _Learned(tuple(functions), np.array(shares) / weight.sum(), tuple(split), clusters, fold_of)


def _dealt(f: FloatArray, member: IntArray, count: int) -> IntArray:
    """The fold (G,) of every cluster, from its units' predictions f (n,) and the unit's cluster (n,)."""
    _, place, ties = np.unique(f, return_inverse=True, return_counts=True)
    middle = (np.cumsum(ties) - 0.5 * ties)[place]
    order = np.argsort(np.bincount(member, middle, count) / np.bincount(member, minlength=count), kind="stable")
    fold = np.empty(count, dtype=np.int64)
    fold[order] = np.arange(count) % min(FOLDS, count)
    return fold


def _deviations(y: FloatArray, weight: FloatArray, arm: IntArray) -> FloatArray:
    """Outcomes (n,) as deviations from their arm's weighted mean."""
    total = np.bincount(arm, weight)
    means = np.bincount(arm, weight * y) / np.where(total > 0.0, total, 1.0)
    return np.asarray(y - means[arm])


def _weight(frame: Frame, arm: int) -> FloatArray:
    root = frame.arms[arm].root_weight
    return np.ones(frame.human[arm].n) if root is None else root * root


def _outcome(sample: Sample, column: int, arm: int) -> FloatArray:
    """What a column predicts for an arm's humans (n,): whether its category was chosen, else the outcome."""
    category, units = sample.columns[column].category, sample.human[arm]
    if category is not None and sample.chosen:
        return np.equal(sample.chosen[arm], sample.categories.index(category)).astype(np.float64)
    assert isinstance(units, Units)
    assert units.y is not None
    return units.y
