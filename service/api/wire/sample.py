"""The data on the wire: a union of layouts, each in a file of ``layouts``; here alone it is told which one it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from service.api.wire.layouts import arrays, moments, table
from service.api.wire.layouts.arrays import Arrays
from service.api.wire.layouts.moments import MomentsLayout
from service.api.wire.layouts.table import Table
from service.calibration.errors import Problem, TooExpensive
from service.calibration.layouts.arrays import MODEL
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.reading import AS_NUMBERS, Reading
from service.calibration.sample import Sample
from service.web.compression import too_many_values

Data = Arrays | Table | MomentsLayout


OF_CATEGORIES = (
    "every category that a prediction names is a column: send probabilities with category on their column, join "
    "categories, or choose an estimand of numbers"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What each layout knows of its data: the way into the core; numbers; (columns, models); (arms, their place)."""

    to_core: Callable[[Any, Missing, Reading], Sequence[Sample]]
    numbers: Callable[[Any], int]
    shape: Callable[..., tuple[int, int]]
    arms: Callable[[Any], tuple[int, str]]


LAYOUTS: Mapping[type, Layout] = {
    Arrays: Layout(arrays.to_core, arrays.count, arrays.shape, arrays.arms),
    Table: Layout(table.to_core, table.count, table.shape, table.arms),
    MomentsLayout: Layout(moments.to_core, moments.count, moments.shape, moments.arms),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many arms, columns and numbers a sample may have; categories become a column each, in memory only."""

    max_arms: int = 64
    max_columns: int = 200
    max_numbers: int = 10_000_000

    @property
    def max_probabilities(self) -> int:
        """Most probabilities of categories, over all units."""
        return 4 * self.max_numbers


BOUNDS = Bounds()


def to_core(data: Data, missing: Missing, bounds: Bounds = BOUNDS) -> Sample:
    """The sample of the first outcome: what a design is made of; raises as ``samples``."""
    return samples(data, missing, bounds)[0]


def samples(data: Data, missing: Missing, bounds: Bounds = BOUNDS, reading: Reading = AS_NUMBERS) -> Sequence[Sample]:
    """The samples of a request's data, one per outcome (and category of each).

    Raises ``InvalidSample`` with every problem, ``TooExpensive`` over a bound.
    """
    refuse_beyond(data, bounds, reading)
    return LAYOUTS[type(data)].to_core(data, missing, reading)


def refuse_beyond(data: Data, bounds: Bounds, reading: Reading = AS_NUMBERS) -> None:
    """Raise ``TooExpensive`` with every bound that the data is over."""
    if numbers(data) > bounds.max_numbers:
        raise too_many_values(bounds.max_numbers)
    problems = _too_many(_counted(data, reading), bounds, categories=reading.categories is not None)
    if problems:
        raise TooExpensive(problems)


def numbers(data: Data) -> int:
    """How many numbers the data holds: what work is proportional to."""
    return LAYOUTS[type(data)].numbers(data)


def shape(data: Data, *, categories: bool = False) -> tuple[int, int]:
    """Number of columns, levels of string covariates and categories included, and of models."""
    return LAYOUTS[type(data)].shape(data, categories=categories)


def models(data: Data) -> Sequence[str]:
    """The names of the models in the data, in order of first appearance."""
    if isinstance(data, Arrays):
        return (MODEL,) if any(arm.llm is not None or arm.llm_only is not None for arm in data.arms) else ()
    return tuple(dict.fromkeys(p.model or MODEL for p in data.predictions or ()))


def _too_many(data: Data, bounds: Bounds, *, categories: bool) -> list[Problem]:
    """Arms and columns over the bounds, counted before any of them is looked at."""
    (columns, _), (arms, place) = shape(data, categories=categories), LAYOUTS[type(data)].arms(data)
    found = []
    if arms > bounds.max_arms:
        text, hint = f"{arms} arms, at most {bounds.max_arms} are computed", "send fewer arms, or ask the operator"
        found.append(Problem(place, "too_many_arms_sent", text, hint))
    if isinstance(data, Table) and (groups := table.subgroups(data)) > bounds.max_arms:
        text, hint = (
            f"{groups} subgroups, at most {bounds.max_arms} are computed",
            "join subgroups, or ask the operator",
        )
        found.append(Problem("/data/subgroup", "too_many_subgroups_sent", text, hint))
    if columns > bounds.max_columns:
        text = f"{columns} columns, at most {bounds.max_columns} are computed"
        hint = OF_CATEGORIES if categories else "send fewer, or ask the operator"
        found.append(Problem("/data/predictions", "too_many_columns_sent", text, hint))
    if categories and columns * numbers(data) > bounds.max_probabilities * (1 + len(_columns(data))):
        text = f"{columns} columns of categories are too many for this many units"
        found.append(Problem("/plan/estimand", "too_expensive", text, "send fewer units, or join categories"))
    return found


def _counted(data: Data, reading: Reading) -> Data:
    """The data without what becomes no column: the names of choice sets."""
    sets = None if reading.model is None else reading.model.choice_set
    if sets is None or not isinstance(data, Table) or not data.covariates:
        return data
    return msgspec.structs.replace(data, covariates={k: v for k, v in data.covariates.items() if k != sets})


def _columns(data: Data) -> Sequence[object]:
    """The prediction columns as sent: with the outcome, what the numbers are spread over."""
    return (data.predictions or ()) if isinstance(data, Table) else ()
