"""The table layout on the wire: columns with one entry per unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import numpy as np

from service.api.wire.columns import (
    BinaryArray,
    DifferentNames,
    Finite,
    LabelColumn,
    MixedColumn,
    Name,
    NumericColumn,
    answers,
    entries,
    labels,
    mixed,
    numbered,
    numeric,
    used_names,
    used_values,
)
from service.calibration.errors import LISTED, InvalidSample, Problem, token
from service.calibration.layouts import arrays, predictions, table
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample

LARGEST_ID = 2.0**53  # below it, different integers are different numbers
Draw = Annotated[float, msgspec.Meta(ge=0, le=10_000, multiple_of=1)]


class PredictionColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prediction column; only ``values`` is required."""

    values: MixedColumn
    model: Name | None = None
    outcome: Name | None = None
    arm: Name | None = None
    category: Name | None = None
    draw: Draw | None = None
    fill: Literal["mean"] | Finite | None = None
    population_mean: Finite | None = None
    covariate: Annotated[
        Name | None,
        msgspec.Meta(
            description="The values predict this covariate, not an outcome: a term (or with) of the estimand that is "
            "null for LLM-only units. Humans have it, and the prediction stands for every unit. Default: none."
        ),
    ] = None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="table", tag_field="layout"):
    """The columnar layout: one entry per unit in every column."""

    outcomes: dict[Name, MixedColumn]
    predictions: list[PredictionColumn] | None = None
    prediction_design: Literal["shared", "independent"] | None = None
    arm: LabelColumn | None = None
    covariates: dict[Name, MixedColumn] | None = None
    weight: NumericColumn | None = None
    cluster: MixedColumn | None = None
    stratum: MixedColumn | None = None
    sampling_probability: NumericColumn | None = None
    subgroup: Annotated[
        MixedColumn | None,
        msgspec.Meta(
            description="Subgroup of every unit: estimates are also given for each, calibrated on its own units. A "
            "design is that of everyone. Default: none."
        ),
    ] = None
    unit: DifferentNames | None = None
    human: list[bool] | None = None


def to_core(data: Table, missing: Missing, reading: Reading) -> Sequence[Sample]:
    """One sample per outcome (and category); raises ``InvalidSample`` with every problem."""
    return table.from_table(content(data, categories=reading.categories is not None), missing, reading)


def content(data: Table, *, categories: bool) -> table.Table:
    """The columns, with ``categories`` names among them; raises ``InvalidSample`` for those that cannot be read."""
    problems: list[Problem] = []
    if not data.outcomes:
        problems.append(Problem("/data/outcomes", "no_outcome", "there is no outcome", "send at least one outcome"))
    if problems:
        raise InvalidSample(problems)
    read = table.Table(
        outcomes=tuple(
            (name, answers(column, f"/data/outcomes/{token(name)}", problems, categories=categories))
            for name, column in data.outcomes.items()
        ),
        predictions=tuple(
            _prediction(p, j, problems, categories=categories) for j, p in enumerate(data.predictions or ())
        ),
        arm=None if data.arm is None else labels(data.arm, "/data/arm", problems),
        prediction_design=data.prediction_design,
        covariates=tuple(
            (key, mixed(values, f"/data/covariates/{token(key)}", problems))
            for key, values in (data.covariates or {}).items()
        ),
        human=None if data.human is None else tuple(data.human),
        survey=_survey(data, problems),
        subgroup=None if data.subgroup is None else _ids(data.subgroup, "/data/subgroup", problems),
    )
    if data.unit is not None:
        problems += _units(data.unit, entries(next(iter(data.outcomes.values()))))
    if problems:
        raise InvalidSample(problems)
    return read


def _survey(data: Table, problems: list[Problem]) -> Survey:
    chance = data.sampling_probability
    return Survey(
        None if data.weight is None else numeric(data.weight, "/data/weight", problems),
        None if data.cluster is None else _ids(data.cluster, "/data/cluster", problems),
        None if data.stratum is None else _ids(data.stratum, "/data/stratum", problems),
        None if chance is None else numeric(chance, "/data/sampling_probability", problems),
    )


def _ids(column: MixedColumn, pointer: str, problems: list[Problem]) -> FloatArray | Labels:
    """A column that tells groups apart; a number that its neighbours are rounded to is refused."""
    found = mixed(column, pointer, problems)
    if isinstance(found, Labels):
        return found
    large = np.flatnonzero((np.abs(found) >= LARGEST_ID) & np.isfinite(found))[:LISTED]
    text = "the number is 2^53 or more: others next to it are the same in double precision"
    problems += [Problem(f"{pointer}/{i}", "numeric_overflow", text, "send ids as strings") for i in large]
    return found


def count(data: Table) -> int:
    """How many numbers the data holds."""
    survey = (data.weight, data.cluster, data.stratum, data.sampling_probability, data.subgroup)
    columns = [*data.outcomes.values(), *(p.values for p in data.predictions or ())]
    return sum(map(entries, [*columns, *(data.covariates or {}).values()])) + sum(map(entries, survey))


def shape(data: Table, *, categories: bool = False) -> tuple[int, int]:
    """Number of columns of the outcome that has most, and of models; string covariates count by level."""
    sent, own = data.predictions or (), Counter[str | None]()
    for p in sent:
        own[p.outcome] += used_values(p.values) if categories and p.category is None and p.covariate is None else 1
    everywhere = sum(max(1, used_names(c)) for c in (data.covariates or {}).values())
    return max(1, everywhere + max(own.values(), default=0)), len({p.model for p in sent})


def arms(data: Table) -> tuple[int, str]:
    """Number of arms, and where they stand."""
    return used_names(data.arm), "/data/arm"


def subgroups(data: Table) -> int:
    """Number of subgroups."""
    return 0 if data.subgroup is None else used_values(data.subgroup)


def _prediction(
    column: PredictionColumn, index: int, problems: list[Problem], *, categories: bool
) -> predictions.PredictionColumn:
    chosen = categories and column.category is None and column.covariate is None
    return predictions.PredictionColumn(
        values=answers(column.values, f"/data/predictions/{index}/values", problems, categories=chosen),
        model=column.model or arrays.MODEL,
        arm=column.arm,
        draw=None if column.draw is None else int(column.draw),
        fill=None if column.fill is None or column.fill == "mean" else float(column.fill),
        population_mean=column.population_mean,
        outcome=column.outcome,
        category=column.category,
        covariate=column.covariate,
    )


def _units(units: list[str] | BinaryArray, n: int) -> list[Problem]:
    """Names that stand twice, by their indexes where the parsing process has numbered them by their first use."""
    length = entries(units)
    if length != n:
        text = f"{length} entries, the outcome has {n}"
        return [Problem("/data/unit", "length_mismatch", text, "every column has one entry per unit")]
    if isinstance(units, list) and len(set(units)) == n:
        return []
    codes = numbered(units) if isinstance(units, list) else np.frombuffer(units.data, units.dtype)
    again = np.flatnonzero(codes[1:] <= np.maximum.accumulate(codes)[:-1]) + 1
    return [
        Problem(f"/data/unit/{i}", "duplicate_unit", "another unit has this name", "name every unit once")
        for i in again[:LISTED]
    ]
