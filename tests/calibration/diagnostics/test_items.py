from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.items import (
    MOST_ITEMS,
    MOST_UNITS,
    Items,
    apart,
    asked,
    held,
    pairs,
    part,
    varying,
)
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table

NAN = np.nan
ANSWERS = {"a": [1.0, 2, 3, NAN, 5, NAN, NAN], "b": [5.0, NAN, 7, 8, 9, NAN, NAN]}
SAID = {"a": [1.0, 2, 2, 4, NAN, 9, 8], "b": [3.0, 4, 5, 7, 1, 6, NAN]}


def table(**more) -> Table:
    columns = [PredictionColumn(np.array(v), "gpt", outcome=name, draw=0) for name, v in SAID.items()]
    again = [PredictionColumn(np.array(v) + 10, "gpt", outcome=name, draw=1) for name, v in SAID.items()]
    return Table(tuple((name, np.array(v)) for name, v in ANSWERS.items()), (*columns, *again), **more)


def items_of(data: Table, arm: int = 0):
    return asked(of_table(data).by_subgroup[None], "gpt", arm)


def test_pairs_are_the_units_with_every_answer_lined_up_and_one_draw_each() -> None:
    found = pairs(items_of(table()), 0)
    assert found.names == ("a", "b")
    assert found.y.tolist() == [[1, 3], [5, 7]]
    assert found.f.tolist() == [[1, 2], [3, 5]]
    assert (found.paired, found.units, found.cluster) == (True, 2, None)


def test_apart_are_humans_with_all_answers_and_llm_only_units_with_all_answers() -> None:
    found = apart(items_of(table()), 0)
    assert found.y.tolist() == [[1, 3, 5], [5, 7, 9]]
    assert found.f.tolist() == [[9], [6]]
    assert (found.paired, found.clustered, found.units) == (False, False, 1)


def test_arms_subgroups_and_clusters_are_told_apart() -> None:
    arm = Labels(np.array([0, 0, 1, 1, 0, -1, -1]), ("x", "z"))
    data = table(arm=arm, prediction_design="shared", survey=Survey(cluster=np.array([4.0, 4, 5, 6, 7, 8, 8])))
    assert pairs(items_of(data, 1), 1).y.tolist() == [[3], [7]]
    assert pairs(items_of(data, 0), 0).cluster.size == 1
    assert pairs(items_of(data, 0), 0).units == 1
    assert apart(items_of(data, 1), 1).f.tolist() == [[9], [6]]
    assert apart(items_of(data, 1), 1).clustered
    groups = Labels(np.array([0, 0, 1, 1, 0, 0, 1]), ("f", "m"))
    views = of_table(table(subgroup=groups)).by_subgroup
    assert list(views) == [None, "f", "m"]
    assert pairs(asked(views["m"], "gpt", 0), 0).y.tolist() == [[3], [7]]


def test_items_that_nobody_answered_and_unknown_models_are_left_out() -> None:
    columns = (*table().predictions, PredictionColumn(np.full(7, NAN), "gpt", outcome="c", draw=0))
    more = Table((*table().outcomes, ("c", np.array(ANSWERS["a"]))), columns)
    assert pairs(items_of(more), 0).names == ("a", "b")
    assert apart(items_of(more), 0).names == ("a", "b")
    assert asked(of_table(more).views, "nobody", 0) == []
    empty = pairs([], 0)
    assert (empty.names, empty.units) == ((), 0)


def test_constant_items_are_named() -> None:
    items = Items(("a", "b", "c"), np.array([[1.0, 2], [3, 3], [1, 2]]), np.array([[1.0, 2], [1, 2], [0, 0]]), True)
    found, constant = varying(items)
    assert (found.names, constant) == (("a",), ("b", "c"))
    assert varying(Items(("a",), np.zeros((1, 0)), np.zeros((1, 0)), True))[1] == ("a",)


@pytest.mark.parametrize("paired", [True, False])
def test_of_many_items_and_units_a_random_part_is_drawn(paired) -> None:
    rng = np.random.default_rng(0)
    k, n = MOST_ITEMS + 5, 3_000
    y = rng.normal(size=(k, n))
    items = Items(tuple(map(str, range(k))), y, y.copy(), paired, np.arange(n) if paired else None)
    found = part(items, np.random.default_rng(1))
    assert len(found.names) == MOST_ITEMS
    assert held(k, n) == (found.y.shape[1], MOST_ITEMS * (MOST_ITEMS - 1) // 2)
    assert np.array_equal(found.y, found.f) == paired
    assert found.y[0, 0] in y[int(found.names[0])]
    assert part(items.of([0, 1]), rng).y.shape == (2, MOST_UNITS)
    assert (held(1, 9), held(3, 9), held(2, 9_000)) == ((0, 0), (9, 3), (MOST_UNITS, 1))
