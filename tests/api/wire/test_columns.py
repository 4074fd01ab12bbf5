from __future__ import annotations

import base64
import json
import struct

import msgspec
import numpy as np
import pytest

from service.api.wire.columns import (
    BinaryArray,
    LabelColumn,
    MixedColumn,
    NumericColumn,
    labels,
    mixed,
    numeric,
    used_values,
)
from service.calibration.errors import Problem
from service.calibration.layouts.labels import Labels


def binary(values, dtype: str = "<f8", categories: list[str] | None = None) -> BinaryArray:
    return BinaryArray(dtype, np.array(values, dtype=dtype).tobytes(), categories)


def read(reader, column):
    """What a reader gives, and the place and code of its problems."""
    problems: list[Problem] = []
    return reader(column, "/data/x", problems), [(p.pointer, p.code) for p in problems]


def same(found: np.ndarray, expected: list[float]) -> bool:
    return found.dtype == np.float64 and np.array_equal(found, np.array(expected), equal_nan=True)


@pytest.mark.parametrize("kind", [NumericColumn, LabelColumn, MixedColumn])
def test_base64_in_json_and_bytes_in_msgpack(kind) -> None:
    data = np.array([1.0, 2.5]).tobytes()
    text = json.dumps({"dtype": "<f8", "data": base64.b64encode(data).decode()})
    assert msgspec.json.decode(text, type=kind) == BinaryArray("<f8", data)
    packed = msgspec.msgpack.encode({"dtype": "<f8", "data": data})
    assert msgspec.msgpack.decode(packed, type=kind) == BinaryArray("<f8", data)


def test_a_list_of_numbers() -> None:
    found, problems = read(numeric, msgspec.json.decode("[1, 2.5, null, -0.0]", type=NumericColumn))
    assert same(found, [1.0, 2.5, np.nan, 0.0])
    assert problems == []
    assert same(read(numeric, [])[0], [])


@pytest.mark.parametrize(("dtype", "values"), [
    ("<f8", [1.5, np.nan, 1e300]), ("<f4", [1.5, np.nan, -2.0]), ("<i4", [1, -(2**31), 7]), ("<i2", [1, -(2**15)]),
    ("|i1", [1, -128, 127]),
])  # fmt: skip
def test_every_dtype_becomes_float64(dtype: str, values: list[float]) -> None:
    found, problems = read(numeric, binary(values, dtype))
    assert same(found, values)
    assert problems == []


def test_a_signalling_nan_is_a_missing_number() -> None:
    quiet, signalling = struct.pack("<I", 0x7FC00000), struct.pack("<I", 0x7FA00000)
    found, problems = read(numeric, BinaryArray("<f4", quiet + signalling))
    assert same(found, [np.nan, np.nan])
    assert problems == []


def test_half_a_number_is_refused() -> None:
    for reader, column in (
        (numeric, BinaryArray("<f8", b"\0" * 12)),
        (labels, BinaryArray("<i2", b"\0" * 3, ["a"])),
    ):
        assert read(reader, column)[1] == [("/data/x/data", "bad_length")]


def test_categories_are_not_numbers() -> None:
    assert read(numeric, binary([0, 1], "<i2", ["a", "b"]))[1] == [("/data/x", "mixed_column")]


def test_names_become_codes_in_order_of_appearance() -> None:
    found, problems = read(labels, ["b", None, "a", "b"])
    assert (found.codes.tolist(), found.names, problems) == ([0, -1, 1, 0], ("b", "a"), [])


def test_an_empty_name_is_refused_wherever_it_stands() -> None:
    assert read(labels, ["b", "", None, ""])[1] == [("/data/x/1", "empty_name"), ("/data/x/3", "empty_name")]


@pytest.mark.parametrize("reader", [labels, mixed])
def test_a_name_that_is_too_long_is_refused_wherever_it_stands(reader) -> None:
    longest, longer = "x" * 1000, "x" * 1001
    assert read(reader, [longer, longest, None, longer])[1] == [
        ("/data/x/0", "name_too_long"),
        ("/data/x/3", "name_too_long"),
    ]
    assert read(reader, [longest, "y", None])[1] == []


def test_a_category_that_is_too_long_is_no_name() -> None:
    with pytest.raises(msgspec.ValidationError, match="length <= 1000"):
        msgspec.convert({"dtype": "<i2", "data": b"", "categories": ["x" * 1001]}, LabelColumn)


def test_names_as_integers_with_categories() -> None:
    found, problems = read(labels, binary([1, -1, 0], "|i1", ["a", "b"]))
    assert (found.codes.tolist(), found.names, problems) == ([1, -1, 0], ("a", "b"), [])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (binary([0, 2, -2, 1], "<i4", ["a", "b"]), [(f"/data/x/{i}", "unknown_category") for i in (1, 2)]),
        (binary([0], "<i4", ["a", "a"]), [("/data/x/categories", "duplicate_category")]),
        (binary([0], "<i4"), [("/data/x", "missing_categories")]),
        (binary([0.0], "<f8", ["a"]), [("/data/x", "missing_categories")]),
        (binary([0], "<i4", []), [("/data/x/0", "unknown_category")]),
    ],
)  # fmt: skip
def test_categories_that_do_not_fit(column: BinaryArray, expected: list[tuple[str, str]]) -> None:
    assert read(labels, column)[1] == expected


def test_a_mixed_column_is_all_numbers_or_all_names() -> None:
    assert same(read(mixed, [1.0, None, 2.0])[0], [1.0, np.nan, 2.0])
    assert same(read(mixed, [None, None])[0], [np.nan, np.nan])
    assert same(read(mixed, binary([1.0, 2.0]))[0], [1.0, 2.0])
    for column in (["a", None, "b"], binary([0, -1, 1], "<i2", ["a", "b"])):
        found, problems = read(mixed, column)
        assert isinstance(found, Labels)
        assert (found.codes.tolist(), problems) == ([0, -1, 1], [])


@pytest.mark.parametrize(
    ("column", "odd"), [([1.0, "NA", 2.0, None], [1]), (["a", 3.0, "b", 4.0, "c"], [1, 3]), (["a", 1.0], [0])]
)
def test_the_minority_of_a_mixed_column_is_pointed_at(column: list, odd: list[int]) -> None:
    assert read(mixed, column)[1] == [(f"/data/x/{i}", "mixed_column") for i in odd]


def test_different_answers_are_counted_in_every_form() -> None:
    assert used_values([1.0, None, 2.0, 1.0]) == 2
    assert used_values(["a", "b", None]) == 2
    assert used_values(binary([0, 2, 2, -1], "<i2", ["a", "b", "c"])) == 3
    assert used_values(binary([0, 2, 2, 7])) == 3
    assert used_values(BinaryArray("<i2", b"odd")) == 1
