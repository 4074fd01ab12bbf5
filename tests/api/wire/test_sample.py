from __future__ import annotations

import base64
from typing import get_args

import msgspec
import numpy as np
import pytest

from service.api.wire.sample import LAYOUTS, Bounds, Data, numbers, samples, shape, to_core
from service.calibration.errors import TooExpensive
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.reading import Reading
from service.calibration.plan import Model
from service.web.problems import ProblemError
from tests.api.wire.layouts.study import ARRAYS, MOMENTS, TABLE, decoded, packed

ARM = {"human": [1, 2, 4], "llm": [1, 2, 3]}
MATRIX = np.eye(3).tolist()


def arrays(arms: int) -> dict:
    return {"layout": "arrays", "arms": [{"name": f"a{i}", **ARM} for i in range(arms)]}


def table(columns: int, levels: int = 0, arm=None) -> dict:
    covariates = {"s": [f"level {i % levels}" for i in range(6)]} if levels else {}
    predictions = [{"values": [1, 2, 3, 4, 5, k], "model": f"m{k}"} for k in range(columns)]
    return {"layout": "table", "outcomes": {"y": [1, 2, 4, 3, 5, 1]}, "predictions": predictions,
            "covariates": covariates, "arm": arm}  # fmt: skip


def moments(arms: int) -> dict:
    entries = [{"name": f"a{i}", "n": 9, "mean": [0, 0, 0], "covariance": MATRIX} for i in range(arms)]
    columns = [{"model": "m"}, {"model": "k"}]
    return {"layout": "moments", "predictions": columns, "arms": entries, "prediction_design": "independent"}


def refused(document: dict, bounds: Bounds) -> list[tuple[str, str]]:
    with pytest.raises(TooExpensive) as found:
        to_core(msgspec.convert(document, Data), "error", bounds)
    assert all(p.hint and p.detail for p in found.value.problems)
    return [(p.pointer, p.code) for p in found.value.problems]


def accepted(document: dict, bounds: Bounds) -> bool:
    return to_core(msgspec.convert(document, Data), "error", bounds).arms is not None


CODED = {"dtype": "|i1", "data": base64.b64encode(bytes([0, 0, 0, 1, 1, 1])).decode(), "categories": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (arrays(3), "/data/arms"),
        (moments(3), "/data/arms"),
        (table(0, arm=["a", "a", "b", "b", "c", None]), "/data/arm"),
        ({**table(0), "arm": CODED}, "/data/arm"),
    ],
)
def test_too_many_arms(document: dict, place: str) -> None:
    assert refused(document, Bounds(max_arms=2)) == [(place, "too_many_arms_sent")]


@pytest.mark.parametrize("groups", [["a", "b", "c"] * 2, [1, 2, 3] * 2, packed([1, 2, 3] * 2)])
def test_too_many_subgroups(groups) -> None:
    document = {**table(1), "subgroup": groups}
    assert refused(document, Bounds(max_arms=2)) == [("/data/subgroup", "too_many_subgroups_sent")]


@pytest.mark.parametrize(("document", "columns"), [(table(3), 3), (table(2, levels=3), 5), (moments(3), 2)])
def test_too_many_columns_levels_of_names_included(document: dict, columns: int) -> None:
    assert shape(msgspec.convert(document, Data))[0] == columns
    assert refused(document, Bounds(max_columns=columns - 1)) == [("/data/predictions", "too_many_columns_sent")]


@pytest.mark.parametrize(("document", "count"), [(arrays(2), 12), (table(2), 18), (moments(2), 18)])
def test_too_many_numbers(document: dict, count: int) -> None:
    assert accepted(document, Bounds(max_numbers=count))
    with pytest.raises(ProblemError) as found:
        accepted(document, Bounds(max_numbers=count - 1))
    assert found.value.code == "too_many_numbers"


def test_what_is_within_the_bounds_is_read() -> None:
    assert accepted(arrays(2), Bounds(max_arms=2, max_columns=1))
    assert accepted(table(2), Bounds(max_arms=1, max_columns=2))


def test_models_are_counted_once() -> None:
    assert shape(msgspec.convert(moments(1), Data)) == (2, 2)
    assert shape(msgspec.convert(arrays(4), Data)) == (1, 1)
    assert shape(msgspec.convert(table(0), Data)) == (1, 0)


@pytest.mark.parametrize(("document", "expected"), [(ARRAYS, 21), (TABLE, 7 + 14 + 14), (MOMENTS, 18)])
def test_numbers_are_counted(document: dict, expected: int) -> None:
    assert numbers(decoded(document)) == expected


def test_bytes_count_as_the_numbers_they_hold() -> None:
    document = {"layout": "arrays", "arms": [{"name": "a", "human": packed([1, 2, 3], "<i2")}]}
    assert numbers(decoded(document)) == 3


def test_every_layout_of_the_union_is_read() -> None:
    assert set(LAYOUTS) == set(get_args(Data))


def test_categories_of_many_units_are_too_many_numbers() -> None:
    """Every category of every prediction becomes a column of numbers."""
    units = 40
    predictions = [{"values": [str((i + k) % 10) for i in range(units)], "model": f"m{k}"} for k in range(2)]
    document = {"layout": "table", "outcomes": {"y": [str(i % 10) for i in range(units)]}, "predictions": predictions}
    data = msgspec.convert(document, Data)
    assert shape(data, categories=True)[0] == 20
    assert len(samples(data, "error", Bounds(max_numbers=200), Reading(Categories()))) == 10
    with pytest.raises(TooExpensive) as found:
        samples(data, "error", Bounds(max_numbers=199), Reading(Categories()))
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/plan/estimand", "too_expensive")]


def test_the_names_of_choice_sets_are_no_columns() -> None:
    """Two columns of numbers and 30 sets by name: the sets count only where they adjust."""
    names = [f"t{i // 2}" for i in range(60)]
    document = {
        "layout": "table",
        "outcomes": {"chosen": [float(i % 2) for i in range(60)]},
        "predictions": [{"values": [0.5 + 0.01 * (i % 3) for i in range(60)]}],
        "covariates": {"price": [float(i % 7) for i in range(60)], "task": names},
    }
    data = msgspec.convert(document, Data)
    reading = Reading(model=Model(("price",), choice_set="task"))
    assert len(samples(data, "error", Bounds(max_columns=3), reading)) == 1
    with pytest.raises(TooExpensive):
        samples(data, "error", Bounds(max_columns=3), Reading(model=Model(("price",))))


def test_probabilities_without_their_category_are_told_to_name_it() -> None:
    """250 different probabilities are no 250 categories: the hint says how probabilities are sent."""
    values = [0.001 * k for k in range(250)]
    document = {
        "layout": "table",
        "outcomes": {"y": [k % 2 for k in range(250)]},
        "covariates": {"x": values},
        "predictions": [{"values": values}, {"values": values, "covariate": "x"}],
    }
    with pytest.raises(TooExpensive) as found:
        samples(decoded(document), "error", reading=Reading(Categories()))
    (problem,) = found.value.problems
    assert (problem.pointer, problem.code) == ("/data/predictions", "too_many_columns_sent")
    assert problem.detail.startswith("252 columns")
    assert "with category on their column" in problem.hint
