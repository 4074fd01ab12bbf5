"""Outcomes of a table as blocks: those with one complete prediction each, by their numbers of humans.

What is left out has missing LLM answers or cannot be analysed: ``draft`` makes the sample, or says why there is none.
Shapes: K outcomes offered, N units, n humans of an arm, m LLM-only units of its pool.
Raises: nothing. Source: as ``draft``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import Warned
from service.calibration.layouts.draft import FEW_HUMANS, FEWEST_HUMANS, few_humans, origin_of, varies
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.stacked import BoolArray, picked
from service.calibration.moments import FloatArray
from service.calibration.samples import ArmMatrix, Block

FEWEST = 8  # outcomes of one kind below which a matrix saves nothing


@dataclass(frozen=True, slots=True)
class Offered:
    """An outcome (N,) and its only prediction (N,): its place, name, place in the data and model."""

    place: int
    name: str
    pointer: str
    y: FloatArray
    model: str
    c: FloatArray
    warnings: tuple[Warned, ...] = ()


def blocks(offered: Sequence[Offered], rows: Rows, present: BoolArray) -> tuple[Block, ...]:
    """The blocks of outcomes with the same number of humans in every arm; ``present`` (K, N) marks their answers."""
    if not offered or len(rows.llm_only) != len(rows.human) or min(r.size for r in rows.llm_only) < 2:
        return ()
    counts = np.array([present[:, r].sum(axis=1) for r in rows.human]).T
    kinds, kind = np.unique(counts, axis=0, return_inverse=True)
    groups = [np.flatnonzero(kind.ravel() == k) for k in range(len(kinds)) if kinds[k].min() >= FEWEST_HUMANS]
    return tuple(b for group in groups for b in _block([offered[k] for k in group.tolist()], rows, present[group]))


def _block(group: Sequence[Offered], rows: Rows, present: BoolArray) -> Iterator[Block]:
    arms = [_arm(group, *pair, present) for pair in zip(rows.human, rows.llm_only, strict=True)]
    sound = np.logical_and.reduce([_sound(arm) for arm in arms])
    if sound.sum() < FEWEST:
        return
    if not sound.all():
        group = [group[k] for k in np.flatnonzero(sound).tolist()]
        arms = [ArmMatrix(arm.y[sound], arm.c[sound], arm.only[sound]) for arm in arms]
    origins, column_origins = origin_of([arm.y for arm in arms]), origin_of([arm.c for arm in arms])
    few = any(arm.y.shape[1] < FEW_HUMANS for arm in arms)
    sizes = [arm.y.shape[1] for arm in arms]
    yield Block(
        places=tuple(o.place for o in group),
        outcomes=tuple(o.name for o in group),
        models=tuple(o.model for o in group),
        arms=tuple(_shifted(arm, origins, column_origins) for arm in arms),
        origins=origins,
        column_origins=column_origins,
        warnings=tuple(
            (*o.warnings, *few_humans(rows.arms, sizes, (o.pointer,) * len(sizes))) if few else o.warnings
            for o in group
        ),
    )


def _arm(group: Sequence[Offered], human: np.ndarray, llm_only: np.ndarray, present: BoolArray) -> ArmMatrix:
    answered = present[:, human]
    used = None if answered.all() else answered
    y, c = [o.y for o in group], [o.c for o in group]
    return ArmMatrix(picked(y, human, used), picked(c, human, used), picked(c, llm_only))


def _sound(arm: ArmMatrix) -> BoolArray:
    """Outcomes (K,) that vary and miss no LLM answer."""
    missing = np.isnan(arm.c).any(axis=1) | np.isnan(arm.only).any(axis=1)
    return varies(arm.y) & ~missing


def _shifted(arm: ArmMatrix, origins: FloatArray, column_origins: FloatArray) -> ArmMatrix:
    """Deviations from the origins, read-only."""
    found = (_deviations(arm.y, origins), _deviations(arm.c, column_origins), _deviations(arm.only, column_origins))
    for values in found:
        values.flags.writeable = False
    return ArmMatrix(*found)


def _deviations(values: FloatArray, origins: FloatArray) -> FloatArray:
    return values - origins[:, None] if origins.any() else values
