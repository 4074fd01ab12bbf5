"""Columns of an Arrow table by what a field needs: numbers, names, truth values; null is missing, and NaN is."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.api.reading.cells import Cell, Kind
from service.api.wire.columns import BinaryArray, from_buffer

HINT = "Cast it to float64, string, dictionary of strings, or (true and false) bool."
Column = Any  # pyarrow.ChunkedArray: pyarrow has no types, and is imported only when such a body comes


def fits(column: Column, kind: Kind) -> bool:
    """Whether a column's type is one that this kind takes; a column that is null everywhere is any."""
    if _types().is_null(column.type):
        return True
    if is_numeric(column):
        return kind in {Kind.NUMBERS, Kind.NUMBERS_OR_NAMES, Kind.IDS}
    if is_named(column):
        return kind in {Kind.NAMES, Kind.NUMBERS_OR_NAMES, Kind.IDS}
    return bool(_types().is_boolean(column.type)) and kind is Kind.TRUTH


def is_numeric(column: Column) -> bool:
    """Whether it holds integers or floating-point numbers of 32 or 64 bits."""
    types, kind = _types(), column.type
    return bool(types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind))


def is_named(column: Column) -> bool:
    """Whether it holds strings, each as it is or as an index into a dictionary."""
    types, kind = _types(), column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_infinite(column: Column) -> bool:
    """Whether it holds numbers one of which is infinite."""
    import pyarrow.compute as pc

    return bool(_types().is_floating(column.type) and pc.any(pc.is_inf(column)).as_py())


def cells(column: Column) -> list[Cell]:
    """The entries of a column that fits, as JSON would have them."""
    if is_numeric(column):
        return [None if x != x else x for x in numbers(column).tolist()]  # noqa: PLR0124 - NaN is unlike itself
    if _types().is_null(column.type):
        return [None] * len(column)
    codes, listed = named(column) if is_named(column) else _truths(column)
    found: list[Cell] = np.array([*listed, None], dtype=object)[codes].tolist()
    return found


def packed(column: Column) -> BinaryArray | list[Cell]:
    """Numbers as a binary array, which is refused like the list; anything else as the list."""
    return from_buffer(numbers(column).view(np.uint8).data) if is_numeric(column) else cells(column)


def numbers(column: Column) -> np.ndarray:
    """Numbers as float64 (N,), NaN where null."""
    import pyarrow as pa

    doubles = column.cast(pa.float64(), safe=False)
    if doubles.null_count:
        doubles = doubles.fill_null(float("nan"))
    found: np.ndarray = np.ascontiguousarray(doubles.to_numpy(), dtype="<f8")
    return found


def named(column: Column) -> tuple[np.ndarray, list[str]]:
    """Names as indexes (N,), -1 where null, and the names in the order of their first use."""
    index: dict[str, int] = {}
    codes = [_codes(chunk, index) for chunk in column.chunks]
    return np.concatenate(codes) if codes else np.zeros(0, dtype=np.int64), list(index)


def _codes(chunk: Any, index: dict[str, int]) -> np.ndarray:  # noqa: ANN401 - pyarrow has no types
    """The codes of one chunk; a dictionary may list a name twice, list null, and list what is not used."""
    if _types().is_dictionary(chunk.type):
        used = chunk.indices.dictionary_encode()
        own, listed = used.indices, chunk.dictionary.take(used.dictionary)
    else:
        encoded = chunk.dictionary_encode()
        own, listed = encoded.indices, encoded.dictionary
    names = listed.to_numpy(zero_copy_only=False).tolist()
    places = [-1 if name is None else index.setdefault(name, len(index)) for name in names]
    found: np.ndarray = np.array([*places, -1])[own.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _truths(column: Column) -> tuple[np.ndarray, list[bool]]:
    """Truth values as indexes (N,) of false and true, -1 where null."""
    return column.cast("int8").fill_null(-1).to_numpy(), [False, True]


def _types() -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow.types

    return pyarrow.types
