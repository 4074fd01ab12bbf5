from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from service.api.reading.arrow_columns import cells, fits, is_named, is_numeric, named, numbers, packed
from service.api.reading.cells import Kind

NUMERIC = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64(), pa.float32(), pa.float64()]
OTHER = [pa.float16(), pa.decimal128(5, 2), pa.date32(), pa.binary(), pa.list_(pa.int8()), pa.time64("us")]


def column(values: list, kind: pa.DataType | None = None, chunks: int = 1) -> pa.ChunkedArray:
    return pa.chunked_array(np.array_split(np.array(values, dtype=object), chunks), kind) if kind else one(values)


def one(values: list) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


@pytest.mark.parametrize("kind", NUMERIC, ids=str)
def test_every_number_is_a_float64_and_null_is_nan(kind: pa.DataType) -> None:
    values = column([1, None, 3], kind, 2)
    assert (is_numeric(values), is_named(values)) == (True, False)
    assert [fits(values, k) for k in Kind] == [True, False, True, True, False]
    found = numbers(values)
    assert found.dtype == np.float64
    assert (found[0], math.isnan(found[1]), found[2]) == (1.0, True, 3.0)
    assert cells(values) == [1.0, None, 3.0]
    array = packed(values)
    assert np.frombuffer(array.data, array.dtype).tobytes() == found.tobytes()


def test_nan_is_missing_and_infinity_is_not() -> None:
    assert cells(one([math.nan, math.inf])) == [None, math.inf]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())], ids=str)
def test_names_are_indexes_in_the_order_of_their_first_use(kind: pa.DataType) -> None:
    values = pa.chunked_array([pa.array(["b", None, "a"]).cast(kind), pa.array(["a", "c", "é"]).cast(kind)])
    assert (is_numeric(values), is_named(values)) == (False, True)
    assert [fits(values, k) for k in Kind] == [False, True, True, True, False]
    codes, names = named(values)
    assert (codes.tolist(), names) == ([0, -1, 1, 1, 2, 3], ["b", "a", "c", "é"])
    assert cells(values) == ["b", None, "a", "a", "c", "é"]
    assert packed(values) == cells(values)


def test_a_dictionary_may_list_a_name_twice_null_and_what_nobody_uses() -> None:
    codes = pa.array([3, 0, None, 2, 4], pa.int8())
    values = pa.chunked_array([pa.DictionaryArray.from_arrays(codes, pa.array(["a", "b", None, "a", "c"]))])
    assert cells(values) == ["a", "a", None, None, "c"]
    assert named(values)[1] == ["a", "c"]


def test_an_empty_column_has_no_entries() -> None:
    assert cells(pa.chunked_array([], pa.string())) == []
    assert cells(pa.chunked_array([], pa.float64())) == []
    assert bytes(packed(pa.chunked_array([], pa.float64())).data) == b""


@pytest.mark.parametrize("kind", Kind)
def test_a_column_of_nulls_alone_is_of_every_kind(kind: Kind) -> None:
    nulls = pa.chunked_array([pa.nulls(2), pa.nulls(1)])
    assert fits(nulls, kind)
    assert cells(nulls) == packed(nulls) == [None] * 3


def test_of_a_dictionary_only_the_names_in_use_are_read() -> None:
    """Many batches may share a large one."""
    words = pa.array([f"w{i}" for i in range(50_000)])
    chunks = [pa.DictionaryArray.from_arrays(pa.array([k, None], pa.int32()), words) for k in range(20)]
    tracemalloc.start()
    try:
        codes, names = named(pa.chunked_array(chunks))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert (len(names), codes[:4].tolist()) == (20, [0, -1, 1, -1])


def test_truth_values() -> None:
    values = one([True, None, False])
    assert [fits(values, k) for k in Kind] == [False, False, False, False, True]
    assert cells(values) == [True, None, False]


@pytest.mark.parametrize("kind", OTHER, ids=str)
def test_other_types_fit_nowhere(kind: pa.DataType) -> None:
    assert not any(fits(pa.chunked_array([], kind), k) for k in Kind)
    assert not fits(pa.chunked_array([], pa.dictionary(pa.int8(), pa.int64())), Kind.NUMBERS)
