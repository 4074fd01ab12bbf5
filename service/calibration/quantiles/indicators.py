"""A sample cut at t: its outcome becomes 1{y <= t} and every LLM prediction 1{f <= t}, so that the engine gives F(t).

Formula: y -> 1{y <= t}, f -> 1{f <= t}; refusal indicators and covariates stay as they are.
An arm with LLM-only units of its own is cut alone, so that no other arm's distribution decides on its columns; arms
that share their predictions are cut together, as the pool holds the humans of all of them.
Shapes: as the sample's. Units: t and the outcome in stored units (deviations from the sample's origin).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.estimate import Frame
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, Sample, Units


def cut(sample: Sample, t: float) -> Sample:
    """The sample of indicators at t (stored units)."""
    predictions = np.array([c.kind == "prediction" for c in sample.columns], dtype=bool)
    origins = np.array([c.origin for c in sample.columns]) - sample.origin
    columns = tuple(replace(c, origin=0.0) if c.kind == "prediction" else c for c in sample.columns)

    def indicated(units: Units) -> Units:
        c = units.c.copy()
        c[predictions] = units.c[predictions] + origins[predictions, None] <= t
        y = None if units.y is None else (units.y <= t).astype(np.float64)
        return replace(units, c=c, y=y)

    human = tuple(indicated(s) for s in sample.human if isinstance(s, Units))
    llm_only = tuple(indicated(s) if isinstance(s, Units) else None for s in sample.llm_only)
    return replace(sample, columns=columns, human=human, llm_only=llm_only, origin=0.0)


def arm_frame(frame: Frame, cells: Sequence[int]) -> tuple[Frame, tuple[int, ...]]:
    """The frame in which an arm (its cells, one per stratum) is analysed, and the numbers of the cells in it."""
    if frame.sample.shared:
        return frame, tuple(cells)
    return replace(frame, sample=_alone(frame.sample, cells)), tuple(range(len(cells)))


def _alone(sample: Sample, cells: Sequence[int]) -> Sample:
    strata = 1 + max(sample.stratum_of) if sample.stratum_of else 1
    return replace(
        sample,
        arms=tuple(sample.arms[d] for d in cells),
        human=tuple(sample.human[d] for d in cells),
        llm_only=tuple(sample.llm_only[d] for d in cells),
        pointers=tuple(sample.pointers[d] for d in cells),
        stratum_of=tuple(sample.stratum_of[d] for d in cells) if sample.stratum_of else (),
        columns=tuple(_of_arm(c, cells[0] // strata) for c in sample.columns),
    )


def _of_arm(column: Column, arm: int) -> Column:
    if not column.n_missing_human:
        return column
    human, llm_only = column.n_missing_human[arm], column.n_missing_llm_only[arm]
    return replace(column, n_missing_human=(human,), n_missing_llm_only=(llm_only,))


def answers(frame: Frame, cells: Sequence[int]) -> FloatArray:
    """The human answers (n,) of an arm's cells, in stored units."""
    return np.concatenate([s.y for d in cells if isinstance(s := frame.sample.human[d], Units) and s.y is not None])
