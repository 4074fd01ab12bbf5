"""The table layout on the wire: columns with one entry per unit."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from service.api.wire.columns import (
    Finite,
    LabelColumn,
    MixedColumn,
    Name,
    NumericColumn,
    entries,
    labels,
    mixed,
    numeric,
    used_names,
)
from service.calibration.errors import InvalidSample, Problem, token
from service.calibration.layouts import arrays, table
from service.calibration.layouts.draft import Missing
from service.calibration.sample import Sample

Draw = Annotated[float, msgspec.Meta(ge=0, le=10_000, multiple_of=1)]
NOT_YET = ("weight", "cluster", "stratum", "sampling_probability", "subgroup")


class PredictionColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prediction column; only ``values`` is required."""

    values: NumericColumn
    model: Name | None = None
    outcome: Name | None = None
    arm: Name | None = None
    category: Name | None = None
    draw: Draw | None = None
    fill: Literal["mean"] | Finite | None = None
    population_mean: Finite | None = None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="table", tag_field="layout"):
    """The columnar layout: one entry per unit in every column."""

    outcomes: dict[Name, NumericColumn]
    predictions: list[PredictionColumn] | None = None
    prediction_design: Literal["shared", "independent"] | None = None
    arm: LabelColumn | None = None
    covariates: dict[Name, MixedColumn] | None = None
    weight: NumericColumn | None = None
    cluster: MixedColumn | None = None
    stratum: MixedColumn | None = None
    sampling_probability: NumericColumn | None = None
    subgroup: MixedColumn | None = None
    unit: list[str] | None = None
    human: list[bool] | None = None


def to_core(data: Table, missing: Missing) -> Sample:
    """The sample; raises ``InvalidSample`` with every problem."""
    problems = _table_not_yet(data)
    if len(data.outcomes) != 1:
        code, text = ("no_outcome", "there is no outcome") if not data.outcomes else _several_outcomes()
        problems.append(Problem("/data/outcomes", code, text, "supported: one outcome per request"))
    if problems:
        raise InvalidSample(problems)
    name, column = next(iter(data.outcomes.items()))
    covariates = [
        (key, mixed(values, f"/data/covariates/{token(key)}", problems))
        for key, values in (data.covariates or {}).items()
    ]
    content = table.Table(
        outcome=name,
        y=numeric(column, f"/data/outcomes/{token(name)}", problems),
        predictions=tuple(_prediction(p, j, name, problems) for j, p in enumerate(data.predictions or ())),
        arm=None if data.arm is None else labels(data.arm, "/data/arm", problems),
        prediction_design=data.prediction_design,
        covariates=tuple(covariates),
        human=None if data.human is None else tuple(data.human),
    )
    if data.unit is not None:
        problems += _units(data.unit, len(content.y))
    if problems:
        raise InvalidSample(problems)
    return table.from_table(content, missing)


def numbers(data: Table) -> int:
    """How many numbers the data holds."""
    columns = [*data.outcomes.values(), *(p.values for p in data.predictions or ())]
    return sum(entries(c) for c in columns) + sum(entries(c) for c in (data.covariates or {}).values())


def shape(data: Table) -> tuple[int, int]:
    """Number of columns, levels of string covariates included, and of models."""
    predictions = data.predictions or ()
    columns = len(predictions) + sum(max(1, used_names(c)) for c in (data.covariates or {}).values())
    return max(1, columns), len({p.model for p in predictions})


def arms(data: Table) -> tuple[int, str]:
    """Number of arms, and where they stand."""
    return used_names(data.arm), "/data/arm"


def _several_outcomes() -> tuple[str, str]:
    return "unsupported_combination", "several outcomes in one request are not computed yet"


def _table_not_yet(data: Table) -> list[Problem]:
    return [
        Problem(f"/data/{name}", "unsupported_combination", f"{name} is not computed yet", "supported: leave it out")
        for name in NOT_YET
        if getattr(data, name) is not None
    ]


def _prediction(column: PredictionColumn, index: int, outcome: str, problems: list[Problem]) -> table.PredictionColumn:
    place = f"/data/predictions/{index}"
    if column.category is not None:
        text = "probabilities by category belong to estimand proportions, which is not computed yet"
        problems.append(Problem(f"{place}/category", "unsupported_combination", text, "supported: leave it out"))
    if column.outcome is not None and column.outcome != outcome:
        problems.append(Problem(f"{place}/outcome", "unknown_outcome", "the data has no such outcome", "match exactly"))
    return table.PredictionColumn(
        values=numeric(column.values, f"{place}/values", problems),
        model=column.model or arrays.MODEL,
        arm=column.arm,
        draw=None if column.draw is None else int(column.draw),
        fill=None if column.fill is None or column.fill == "mean" else float(column.fill),
        population_mean=column.population_mean,
    )


def _units(units: list[str], n: int) -> list[Problem]:
    if len(units) != n:
        text = f"{len(units)} entries, the outcome has {n}"
        return [Problem("/data/unit", "length_mismatch", text, "every column has one entry per unit")]
    first = {name: i for i, name in reversed(list(enumerate(units)))}
    return [
        Problem(f"/data/unit/{i}", "duplicate_unit", "another unit has this name", "name every unit once")
        for i, name in enumerate(units)
        if first[name] != i
    ]
