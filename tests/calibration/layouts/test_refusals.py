from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.layouts.refusals import DraftColumn, by_chance, expanded, lacking, left_out
from service.calibration.sample import Column

NAN = np.nan
COLUMN = DraftColumn(
    Column("f", "prediction", "m", pointer="/data/f"),
    (np.array([1.0, 2.0, 3.0]), np.array([2.0, NAN, 3.0])),
    (np.array([NAN, 5.0, 1.0]), np.array([1.0, NAN])),
)
OTHER = replace(COLUMN, human=(np.ones(3), np.ones(3)), llm_only=(np.array([1.0, 2.0, NAN]), np.ones(2)))


@pytest.mark.parametrize(
    ("columns", "arms", "pool", "expected"),
    [
        ([COLUMN], (0,), 0, [True, False, False]),
        ([COLUMN], (1,), 1, [False, False]),
        ([COLUMN], (0, 1), 0, [False, False, False]),
        ([COLUMN, OTHER], (0,), 0, [True, False, True]),
        ([COLUMN, OTHER], (0, 1), 0, [False, False, True]),
        ([replace(COLUMN, llm_only=(None, None))], (0,), 0, [False, False, False]),
    ],
)
def test_a_unit_lacks_what_every_human_of_its_arms_has(columns, arms, pool: int, expected: list[bool]) -> None:
    assert lacking(columns, arms, pool, len(expected)).tolist() == expected


@pytest.mark.parametrize(("left", "stayed", "humans"), [(1, 0, 3), (2, 5, 4), (7, 500, 60), (540, 0, 60)])
def test_by_chance_is_fishers_exact_test(left: int, stayed: int, humans: int) -> None:
    expected = stats.fisher_exact([[left, stayed], [0, humans]], alternative="greater").pvalue
    assert by_chance(left, stayed, humans) == pytest.approx(expected, rel=1e-9)


def test_any_number_of_units_has_a_probability() -> None:
    assert by_chance(900_000, 100_000, 10_000) == 0.0
    assert 0.0 < by_chance(1, 999_999, 10_000) < 1.0


def test_left_out_units_are_told_once_at_the_first_column_that_lacks_an_answer() -> None:
    assert left_out([OTHER], 0) == []
    complete = replace(COLUMN, column=Column("g", "prediction"), human=(np.ones(3),), llm_only=(np.ones(3), None))
    (warned,) = left_out([complete, COLUMN, OTHER], 4)
    assert (warned.code, warned.pointer, warned.message.split()[0]) == ("llm_only_left_out", "/data/f", "4")


def test_a_fill_and_an_indicator() -> None:
    filled, refusal = expanded(replace(COLUMN, fill=0.0))
    assert [a.tolist() for a in filled.human] == [[1.0, 2.0, 3.0], [2.0, 0.0, 3.0]]
    assert [a.tolist() for a in refusal.llm_only if a is not None] == [[1.0, 0.0, 0.0], [0.0, 1.0]]
