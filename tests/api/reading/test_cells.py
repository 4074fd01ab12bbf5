from __future__ import annotations

import math
import random

import pytest
from msgspec import inspect

from service.api.reading.cells import Kind, kind_of, overflows, values

NUMBERS = ["", "1", "-1.5", "+2", ".5", "5.", "1e3", "1E+05", "-1e-05", "007", "1e400"]
READ = [None, 1, -1.5, 2, 0.5, 5, 1000, 100_000, -1e-05, 7, math.inf]
NOT_NUMBERS = ["NA", "NaN", "nan", "inf", "Infinity", "TRUE", " 1", "1 ", "1,5", "1_000", "0x1", "--1", "e5", "1e", ".",
               "-", "١", "1\n2", "high"]  # fmt: skip


def test_numbers_as_r_python_and_spreadsheets_write_them() -> None:
    assert values(NUMBERS, Kind.NUMBERS) == READ
    assert values(NUMBERS, Kind.NUMBERS_OR_NAMES) == READ


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_no_number_stays_text(text: str) -> None:
    assert values([text, *NUMBERS], Kind.NUMBERS) == [text, *READ]


def test_the_quick_way_and_the_slow_one_agree() -> None:
    rng = random.Random(3)
    for _ in range(2000):
        cell = "".join(rng.choices("0123456789eE+-.", k=rng.randint(0, 5)))
        assert values([cell], Kind.NUMBERS) == values([cell, "x"], Kind.NUMBERS)[:1], cell


def test_names_are_taken_as_they_stand() -> None:
    assert values(["a", "", " ", "1", "NA"], Kind.NAMES) == ["a", None, " ", "1", "NA"]


def test_truth_values_in_any_case() -> None:
    assert values(["TRUE", "false", "True", "", "1", "T"], Kind.TRUTH) == [True, False, True, None, "1", "T"]


def test_numbers_that_are_too_large_are_seen() -> None:
    assert [overflows(c) for c in ([1.0, None, "x"], [1.0, math.inf], [-math.inf])] == [False, True, True]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (list[float | None], Kind.NUMBERS),
        (list[int] | None, Kind.NUMBERS),
        (list[str | None] | dict[str, int], Kind.NAMES),
        (list[float | str | None], Kind.NUMBERS_OR_NAMES),
        (list[bool], Kind.TRUTH),
        (list[list[float]], None),
        (list[dict[str, int]], None),
        (dict[str, list[float]], None),
        (float | None, None),
    ],
)
def test_which_places_take_a_column(kind: object, expected: Kind | None) -> None:
    assert kind_of(inspect.type_info(kind)) is expected
