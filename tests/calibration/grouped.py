"""Tables whose units have subgroups, seeded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table

ARMS = ("control", "treatment")


def coded(codes, names: tuple[str, ...]) -> Labels:
    return Labels(np.asarray(codes, dtype=np.int64), names)


def grouped(
    seed: int, sizes: tuple[int, ...] = (24, 30, 20, 26), only: int = 15, outcomes: int = 1, effect: float = 0.0
) -> Table:
    """Twins in two arms; ``sizes`` humans and ``only`` LLM-only units per subgroup d, c, b, a: names against order."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), [n + only for n in sizes])
    human = np.concatenate([np.arange(n + only) < n for n in sizes])
    total = group.size
    arm = np.where(human, np.arange(total) % 2, -1)
    person = rng.normal(size=total)
    latent = person + 0.8 * rng.normal(size=(outcomes, 2, total)) + np.array([[0.0], [effect]])
    y = np.where(human, np.take_along_axis(latent, (arm % 2)[None, None], axis=1)[:, 0], np.nan)
    names = [f"y{k}" for k in range(outcomes)]
    columns = tuple(
        PredictionColumn(0.7 * latent[k, d] + 0.5 * rng.normal(size=total), "gpt", ARMS[d], outcome=names[k])
        for k in range(outcomes)
        for d in range(2)
    )
    return Table(
        outcomes=tuple(zip(names, y, strict=True)),
        predictions=columns,
        arm=coded(arm, ARMS),
        prediction_design="shared",
        subgroup=coded(group, tuple("dcba"[: len(sizes)])),
        human=tuple(human.tolist()),
    )


def alone(table: Table, name: str) -> Table:
    """The rows of one subgroup as a table of their own, first a human of each arm in the whole table's order."""
    assert isinstance(table.subgroup, Labels)
    mine = np.flatnonzero(table.subgroup.codes == table.subgroup.names.index(name))
    assert table.arm is not None
    order = [next(i for i in mine if table.arm.codes[i] == a) for a in range(len(table.arm.names))]
    rows = np.array([*order, *(i for i in mine if i not in order)])
    survey = Survey(
        **{
            field: None if (column := getattr(table.survey, field)) is None else column[rows]
            for field in ("weight", "cluster", "sampling_probability")
        }
    )
    return replace(
        table,
        outcomes=tuple((n, y[rows]) for n, y in table.outcomes),
        predictions=tuple(replace(p, values=p.values[rows]) for p in table.predictions),
        arm=replace(table.arm, codes=table.arm.codes[rows]),
        covariates=tuple(
            (n, replace(v, codes=v.codes[rows]) if isinstance(v, Labels) else v[rows]) for n, v in table.covariates
        ),
        human=tuple(np.array(table.human)[rows].tolist()),
        survey=survey,
        subgroup=None,
    )
