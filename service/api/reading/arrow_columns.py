"""Columns of an Arrow table by what a field needs: numbers, names, truth values; null is missing, and NaN is."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.api.reading.cells import Cell, Kind
from service.api.wire.columns import BinaryArray, from_buffer

HINT = "Cast it to float64, string, dictionary of strings, or (true and false) bool."
Column = Any  # pyarrow.ChunkedArray: pyarrow has no types, and is imported only when such a body comes


def fits(column: Column, kind: Kind) -> bool:
    """Whether a column's type is one that this kind takes."""
    if is_numeric(column):
        return kind in {Kind.NUMBERS, Kind.NUMBERS_OR_NAMES}
    if is_named(column):
        return kind in {Kind.NAMES, Kind.NUMBERS_OR_NAMES}
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


def cells(column: Column) -> list[Cell]:
    """The entries of a column that fits, as JSON would have them."""
    if is_numeric(column):
        return [None if x != x else x for x in numbers(column).tolist()]  # noqa: PLR0124 - NaN is unlike itself
    if is_named(column):
        codes, names = named(column)
        listed: list[str | None] = [*names, None]
        return [listed[code] for code in codes.tolist()]
    found: list[Cell] = column.to_pylist()
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
    encoded = chunk if _types().is_dictionary(chunk.type) else chunk.dictionary_encode()
    own = encoded.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
    listed = encoded.dictionary.to_pylist()
    used, first = np.unique(own[own >= 0], return_index=True)
    order = used[np.argsort(first)].tolist()
    lookup = np.full(len(listed) + 1, -1)
    for code in order:
        name = listed[code]
        lookup[code] = -1 if name is None else index.setdefault(name, len(index))
    found: np.ndarray = lookup[own]
    return found


def _types() -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow.types

    return pyarrow.types
