"""The data on the wire: three layouts, each read into a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from service.api.wire.columns import (
    LabelColumn,
    MixedColumn,
    Name,
    NumericColumn,
    labels,
    mixed,
    numeric,
)
from service.calibration.errors import InvalidSample, Problem, TooExpensive, token
from service.calibration.layouts import arrays, moments, table
from service.calibration.layouts.draft import Missing
from service.calibration.sample import Sample
from service.web.compression import too_many_values

Count = Annotated[float, msgspec.Meta(ge=1, le=2**53, multiple_of=1)]
Draw = Annotated[float, msgspec.Meta(ge=0, le=10_000, multiple_of=1)]
Finite = Annotated[float, msgspec.Meta(ge=-1e70, le=1e70)]
NOT_YET = ("weight", "cluster", "stratum", "sampling_probability", "subgroup")


class ArrayArm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One arm: human answers, the LLM's answers for the same units in the same order, and LLM-only answers."""

    name: Name
    human: NumericColumn
    llm: NumericColumn | None = None
    llm_only: NumericColumn | None = None


class Arrays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="arrays", tag_field="layout"):
    """The simple layout: one LLM, one outcome, independent predictions."""

    arms: list[ArrayArm]


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


class MomentColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prediction column of the moments layout."""

    model: Name | None = None
    arm: Name | None = None


class HumanMoments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Count, mean and covariance of (outcome, predictions) over an arm's humans."""

    name: Name
    n: Count
    mean: list[Finite]
    covariance: list[list[float]]


class LlmOnlyMoments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Count, mean and covariance of the predictions over LLM-only units."""

    n: Count
    mean: list[Finite]
    covariance: list[list[float]]
    arm: Name | None = None


class MomentsLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="moments", tag_field="layout"):
    """No rows: counts, means and covariances per arm."""

    predictions: list[MomentColumn]
    arms: list[HumanMoments]
    llm_only: list[LlmOnlyMoments] | None = None
    prediction_design: Literal["shared", "independent"] | None = None


Data = Arrays | Table | MomentsLayout


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many arms and columns a sample may have."""

    max_arms: int = 64
    max_columns: int = 200
    max_numbers: int = 10_000_000


BOUNDS = Bounds()


def to_core(data: Data, missing: Missing, bounds: Bounds = BOUNDS) -> Sample:
    """The sample of a request's data; raises ``InvalidSample`` with every problem, ``TooExpensive`` over a bound."""
    if numbers(data) > bounds.max_numbers:
        raise too_many_values(bounds.max_numbers)
    problems = _too_many(data, bounds)
    if problems:
        raise TooExpensive(problems)
    if isinstance(data, Arrays):
        return _arrays(data, missing)
    if isinstance(data, Table):
        return _table(data, missing)
    return _moments(data)


def numbers(data: Data) -> int:
    """How many numbers the data holds: what work is proportional to."""
    if isinstance(data, Arrays):
        return sum(_length(c) for arm in data.arms for c in (arm.human, arm.llm, arm.llm_only))
    if isinstance(data, Table):
        columns = [*data.outcomes.values(), *(p.values for p in data.predictions or ())]
        return sum(_length(c) for c in columns) + sum(_length(c) for c in (data.covariates or {}).values())
    return sum(len(arm.mean) ** 2 for arm in data.arms)


def shape(data: Data) -> tuple[int, int]:
    """Number of columns, levels of string covariates included, and of models."""
    if isinstance(data, Arrays):
        return 1, 1
    columns = len(data.predictions or ())
    if isinstance(data, Table):
        columns += sum(max(1, _names(c)) for c in (data.covariates or {}).values())
    return max(1, columns), len({p.model for p in data.predictions or ()})


def _too_many(data: Data, bounds: Bounds) -> list[Problem]:
    """Arms and columns over the bounds, counted before any of them is looked at."""
    columns, _ = shape(data)
    if isinstance(data, Table):
        arms, place = _names(data.arm), "/data/arm"
    else:
        arms, place = len({arm.name for arm in data.arms}), "/data/arms"
    found = []
    if arms > bounds.max_arms:
        text, hint = f"{arms} arms, at most {bounds.max_arms} are computed", "send fewer arms, or ask the operator"
        found.append(Problem(place, "too_many_arms_sent", text, hint))
    if columns > bounds.max_columns:
        text, hint = f"{columns} columns, at most {bounds.max_columns} are computed", "send fewer, or ask the operator"
        found.append(Problem("/data/predictions", "too_many_columns_sent", text, hint))
    return found


def _names(column: LabelColumn | MixedColumn | None) -> int:
    """How many names a column of names uses; 0 for numbers."""
    if column is None:
        return 0
    if isinstance(column, list):
        return len({v for v in column if isinstance(v, str)})
    return len(column.categories or ())


def _length(column: NumericColumn | MixedColumn | None) -> int:
    if column is None:
        return 0
    return len(column) if isinstance(column, list) else len(column.data) // np.dtype(column.dtype).itemsize


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise InvalidSample(problems)


def _arrays(data: Arrays, missing: Missing) -> Sample:
    problems: list[Problem] = []
    arms = []
    for i, arm in enumerate(data.arms):
        place = f"/data/arms/{i}"
        human = numeric(arm.human, f"{place}/human", problems)
        llm = None if arm.llm is None else numeric(arm.llm, f"{place}/llm", problems)
        only = None if arm.llm_only is None else numeric(arm.llm_only, f"{place}/llm_only", problems)
        arms.append(arrays.ArmArrays(arm.name, human, llm, only))
    _raise(problems)
    return arrays.from_arrays(arms, missing)


def _table(data: Table, missing: Missing) -> Sample:
    problems = _table_not_yet(data)
    if len(data.outcomes) != 1:
        code, text = ("no_outcome", "there is no outcome") if not data.outcomes else _several_outcomes()
        problems.append(Problem("/data/outcomes", code, text, "supported: one outcome per request"))
    _raise(problems)
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
    _raise(problems)
    return table.from_table(content, missing)


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


def _moments(data: MomentsLayout) -> Sample:
    problems: list[Problem] = []
    human = tuple(_entry(a.name, a, f"/data/arms/{i}", problems) for i, a in enumerate(data.arms))
    only = tuple(_entry(s.arm, s, f"/data/llm_only/{i}", problems) for i, s in enumerate(data.llm_only or ()))
    _raise(problems)
    columns = tuple((c.model or arrays.MODEL, c.arm) for c in data.predictions)
    return moments.from_moments(moments.MomentData(columns, human, only, data.prediction_design))


def _entry(arm: str | None, sent: HumanMoments | LlmOnlyMoments, place: str, problems: list[Problem]) -> moments.Entry:
    lengths = {len(row) for row in sent.covariance}
    if len(lengths) > 1:
        problems.append(
            Problem(f"{place}/covariance", "length_mismatch", "the rows differ in length", "a square matrix")
        )
        return moments.Entry(arm, int(sent.n), np.zeros(0), np.zeros((0, 0)))
    covariance = np.array(sent.covariance, dtype=np.float64).reshape(len(sent.covariance), *lengths or (0,))
    return moments.Entry(arm, int(sent.n), np.array(sent.mean, dtype=np.float64), covariance)
