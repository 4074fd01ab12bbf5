from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.probabilities import (
    answers,
    named,
    probability_drafts,
    probability_problems,
)
from service.calibration.layouts.rows import rows_of

NAN = np.nan
NAMES = ("a", "b", "c")
A, B = np.array([0.2, 0.5, 1.0, 0.0]), np.array([0.3, 0.5, 0.0, 0.25])
C = 1.0 - A - B
ROWS = rows_of(None, None, np.array([True, True, True, False]), np.array([True, True, True, False]))[0]


def stated(*columns: tuple[str, np.ndarray], **more) -> dict[int, PredictionColumn]:
    return {j: PredictionColumn(v, "gpt", category=k, **more) for j, (k, v) in enumerate(columns)}


def found(columns: dict[int, PredictionColumn]) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in probability_problems(columns, NAMES)]


def values(columns: dict[int, PredictionColumn]) -> list[list[float]]:
    return [[*d.human[0], *d.llm_only[0]] for d in probability_drafts(columns, NAMES, ROWS)]


def test_vectors_become_all_columns_but_the_first() -> None:
    columns = stated(("c", C), ("a", A), ("b", B))
    drafts = probability_drafts(columns, NAMES, ROWS)
    assert [(d.column.category, d.refusals) for d in drafts] == [("b", True), ("c", False)]
    assert values(columns) == [B.tolist(), C.tolist()]
    assert found(columns) == []


def test_one_category_may_be_left_out() -> None:
    for left_out in range(3):
        columns = stated(*(pair for k, pair in enumerate(zip(NAMES, (A, B, C), strict=True)) if k != left_out))
        assert found(columns) == []
        assert values(columns)[0] == pytest.approx(B.tolist())
        assert values(columns)[1] == pytest.approx(C.tolist())


def test_a_vector_with_a_missing_part_is_missing() -> None:
    columns = stated(("a", A), ("b", np.where(np.arange(4) == 1, NAN, B)), ("c", C))
    assert found(columns) == []
    assert [np.isnan(v).tolist() for v in values(columns)] == [[False, True, False, False]] * 2


def test_draws_of_choices_are_averaged() -> None:
    def chosen(*codes: int) -> Labels:
        return Labels(np.array(codes), NAMES)

    draws = {0: PredictionColumn(chosen(0, 1, 2, -1), draw=0), 1: PredictionColumn(chosen(1, 1, -1, -1), draw=1)}
    assert np.nan_to_num(values(draws), nan=9).tolist() == [[0.5, 1, 0, 9], [0, 0, 1, 9]]
    drafts = probability_drafts(draws, NAMES, ROWS)
    assert [d.column.draws for d in drafts] == [2, 2]
    assert [a.place for a in answers(draws)] == ["/data/predictions/0/values", "/data/predictions/1/values"]


def test_draws_of_probabilities_are_averaged_category_by_category() -> None:
    columns = {
        j: PredictionColumn(v, "gpt", category=k, draw=d)
        for j, (k, v, d) in enumerate([("b", B, 0), ("c", C, 0), ("b", C, 1), ("c", B, 1)])
    }
    assert values(columns) == [pytest.approx(((B + C) / 2).tolist())] * 2
    assert [d.column.draws for d in probability_drafts(columns, NAMES, ROWS)] == [2, 2]


def test_known_means() -> None:
    columns = stated(("a", A), ("b", B), ("c", C))
    told = {j: PredictionColumn(c.values, c.model, category=c.category, population_mean=m)
            for (j, c), m in zip(columns.items(), (0.5, 0.2, None), strict=True)}  # fmt: skip
    means = [d.column.population_mean for d in probability_drafts(told, NAMES, ROWS)]
    assert means == pytest.approx([0.2, 0.3])
    alone = {0: told[0], 1: columns[1], 2: columns[2]}
    assert [d.column.population_mean for d in probability_drafts(alone, NAMES, ROWS)] == [None, None]


def test_names_that_probabilities_mention() -> None:
    assert named(stated(("b", B), ("z", A))) == [
        ("b", "/data/predictions/0/category"),
        ("z", "/data/predictions/1/category"),
    ]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (stated(("a", A)), [("/data/predictions/0", "missing_category_column")]),
        (stated(("a", A), ("b", B), ("c", C + 0.1)),
         [(f"/data/predictions/0/values/{i}", "probabilities_do_not_sum") for i in range(4)]),
        (stated(("a", A), ("b", B + 0.5)),
         [(f"/data/predictions/0/values/{i}", "probabilities_do_not_sum") for i in (1, 2)]),
        (stated(("a", A * 100), ("b", B), ("c", C)),
         [(f"/data/predictions/0/values/{i}", "not_a_probability") for i in (0, 1, 2)]),
        ({**stated(("a", A), ("b", B)), 2: PredictionColumn(C, "gpt", draw=1)},
         [("/data/predictions/2", "category_required")]),
        ({0: PredictionColumn(Labels(np.zeros(4, dtype=np.int64), ("x",)), category="a")},
         [("/data/predictions/0/values", "mixed_column")]),
        ({0: PredictionColumn(Labels(np.zeros(4, dtype=np.int64), ("a",)), fill=1.0, population_mean=0.5)},
         [("/data/predictions/0/fill", "unsupported_combination"),
          ("/data/predictions/0/population_mean", "unsupported_combination")]),
    ],
)  # fmt: skip
def test_refusals(columns, expected) -> None:
    assert found(columns) == expected
