"""A planned study that can be drawn: the design's units, normal with the design's own joint covariance.

    z = L e,   L L' = the covariance of what a unit shows,   e standard normal

**Shapes** humans by arm (D,), LLM-only units by pool, p columns that every unit shows.
**Units** outcomes in their own, centred on zero.
**Assumes** normal outcomes and predictions.
**Breaks** designs whose units show different models: no one sample has both, so there is no study to draw.
**Raises** nothing; a warning where there is no study.
**Source** none needed. **Differs** in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.designs.allocation import variances
from service.calibration.designs.answer import WholeDesign
from service.calibration.designs.groups import Group, information_table
from service.calibration.designs.joint import Joint, Matrix, Vector, columns_shown
from service.calibration.errors import Warned
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.sample import Column, Sample

SPARE = 4
"""Humans that an arm needs beyond its columns."""
POPULATION = "all"
NOT_POSSIBLE = "simulation_not_possible"


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """Humans by arm (D,), LLM-only units by pool, the joint's columns that each arm shows, and what they are called."""

    joint: Joint
    humans: tuple[int, ...]
    pools: tuple[int, ...]
    shown: tuple[tuple[int, ...], ...]
    columns: tuple[Column, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms; one population has a name of its own."""
        return self.joint.arms or (POPULATION,)

    @property
    def numbers(self) -> float:
        """Numbers in one draw."""
        p = len(self.columns)
        return float(sum(self.humans) * (1 + p) + sum(self.pools) * p)


def planned_study(joint: Joint, design: WholeDesign) -> PlannedStudy | Warned:
    """The study as one calibration sees it, or why there is none."""
    groups = [group for group in design.groups if group.n > 0]
    bought = {group.models for group in groups}
    if len(bought) > 1:
        text = "units of this design show different models: no one calibration analyses them"
        return Warned(NOT_POSSIBLE, text, "/simulate")
    models = {joint.models.index(name) for name in bought.pop()} | {None}
    shown = tuple(
        tuple(j for j in columns_shown(joint.columns, joint.prediction_design, d) if joint.columns[j].model in models)
        for d in range(joint.n_arms)
    )
    names = joint.arms or (None,)
    pool_names = names if joint.prediction_design == "independent" else (None,)
    study = PlannedStudy(
        joint,
        humans=tuple(int(sum(g.n for g in groups if g.human and g.arm == name)) for name in names),
        pools=tuple(int(sum(g.n for g in groups if not g.human and g.arm == name)) for name in pool_names),
        shown=shown,
        columns=tuple(_called(joint, j) for j in shown[0]),
    )
    if min(study.humans) < len(study.columns) + SPARE:
        return Warned(NOT_POSSIBLE, "an arm has too few humans for an estimate with a standard error", "/simulate")
    return study


def _called(joint: Joint, index: int) -> Column:
    column = joint.columns[index]
    known = 0.0 if column.known_mean else None
    if column.model is None or not column.repeats:
        return Column(f"column {index}", "covariate", population_mean=known)
    asked_under = joint.arms[column.arm] if joint.prediction_design == "shared" and column.arm is not None else None
    return Column(f"column {index}", "prediction", joint.models[column.model], asked_under, known)


def standard_errors(joint: Joint, contrasts: Matrix, design: WholeDesign) -> Vector:
    """Standard error of every contrast (C,) that the design promises."""
    groups = tuple(
        Group(
            None if g.arm is None else joint.arms.index(g.arm),
            g.human,
            tuple(joint.models.index(name) for name in g.models),
            g.unit_cost,
        )
        for g in design.groups
    )
    table = information_table(joint, groups, contrasts)
    return np.asarray(np.sqrt(variances(table, np.array([g.n for g in design.groups]))))


def drawn(study: PlannedStudy, times: int, generator: np.random.Generator) -> Iterator[Sample]:
    """Samples of the planned study, one after the other."""
    joint, D, p = study.joint, study.joint.n_arms, len(study.columns)
    roots = [_root(joint, [d, *(D + j for j in shown)]) for d, shown in enumerate(study.shown)]
    of_pools = [_root(joint, [D + j for j in study.shown[k]]) for k in range(len(study.pools))]
    for _ in range(times):
        humans = [root @ generator.standard_normal((1 + p, n)) for root, n in zip(roots, study.humans, strict=True)]
        others = [
            root @ generator.standard_normal((p, m)) if m and p else None
            for root, m in zip(of_pools, study.pools, strict=True)
        ]
        yield _sample(study, humans, others)


def _root(joint: Joint, entries: Sequence[int]) -> Matrix:
    return np.asarray(np.linalg.cholesky(joint.covariance[np.ix_(entries, entries)]), dtype=np.float64)


def _sample(study: PlannedStudy, humans: Sequence[Matrix], others: Sequence[Matrix | None]) -> Sample:
    columns = tuple(
        DraftColumn(column, tuple(h[1 + j] for h in humans), tuple(None if o is None else o[j] for o in others))
        for j, column in enumerate(study.columns)
    )
    return finish(
        Draft(
            arms=study.arms,
            prediction_design="shared" if study.joint.prediction_design == "shared" else "independent",
            outcome="y",
            y=tuple(h[0] for h in humans),
            columns=columns,
            pools=study.pools,
            pointers=("/simulate",) * len(study.arms),
        )
    )
