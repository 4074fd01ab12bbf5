"""A decoded request between two processes: a small document, and its columns in memory that both can see.

Shapes: every column of the wire (a list, or a binary array) becomes one run of bytes at a multiple of 64; in the
document stands where. A list of numbers and nulls travels as float64, one of names and nulls as int32 indexes; anything
else, what a refusal will have to point at, stays a list in the document. Of names that must only differ (``unit``) the
indexes travel alone: they are said nowhere, and one long name may stand in millions of places.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

from service.api.limits import Limits
from service.api.wire.columns import BinaryArray, DifferentNames, SentNames, used_names
from service.web.compression import too_many_names

Wire = TypeVar("Wire", bound=msgspec.Struct)
_ALIGNED = 64
_BLOCK = 1 << 16
_PLACE = struct.Struct("<QQQ")  # offset, bytes, and of names that were sent as a list the bytes that follow, else 0
_NUMBERS = frozenset({float, int, type(None)})
_NAMES = frozenset({str, type(None)})


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place of the wire that holds a column; ``names``: a list of names that must only differ."""

    column: Any
    put: Callable[[Any], None]
    names: bool = False


def write(wire: msgspec.Struct, fd: int, max_names: int = Limits().max_names) -> tuple[int, int]:
    """Write a decoded request, whose columns are taken out of it; where its document stands: offset and bytes.

    ``ProblemError`` 413 for more than ``max_names`` different names in all columns together.
    """
    at = different = 0
    for slot in list(_slots(wire)):
        column = _binary(slot.column, different, max_names)
        if column is None:
            continue
        different += len(column.categories or ())
        size, names = len(column.data), b"" if slot.names else _names(column)
        _write_at(fd, column.data, at)
        _write_at(fd, names, at + size)
        slot.put([f"{at} {size}"] if slot.names else _placed(column, at, len(names)))
        at += -(-(size + len(names)) // _ALIGNED) * _ALIGNED
    document = msgspec.msgpack.encode(wire)
    _write_at(fd, document, at)
    return at, len(document)


def read(kind: type[Wire], memory: memoryview, at: int, size: int) -> Wire:
    """The request that ``write`` has written; its columns are views of the shared memory."""
    wire: Wire = _decoder(kind).decode(memory[at : at + size])
    for slot in list(_slots(wire)):
        column = slot.column
        if slot.names and column:
            start, length = map(int, column[0].split())
            slot.put(BinaryArray("<i4", memory[start : start + length]))  # type: ignore[arg-type]  # bytes-like
        elif isinstance(column, BinaryArray):
            slot.put(_found(column, memory))
    return wire


def columns(wire: Any) -> int:  # noqa: ANN401 - any request
    """How many columns a request becomes: one of names counts each name, as it may become a column of its own."""
    return sum(max(1, used_names(slot.column)) for slot in _slots(wire) if not slot.names)


def _names(column: BinaryArray) -> bytes:
    """Names that were sent as a list, which the document's type would refuse in other words than the list."""
    return msgspec.msgpack.encode(column.categories) if isinstance(column, SentNames) else b""


def _placed(column: BinaryArray, at: int, names: int) -> BinaryArray:
    """A column whose bytes are the place where they stand."""
    return BinaryArray(column.dtype, _PLACE.pack(at, len(column.data), names), None if names else column.categories)


def _found(column: BinaryArray, memory: memoryview) -> BinaryArray:
    """The column that stands at its place."""
    start, length, names = _PLACE.unpack(column.data)
    end = start + length
    content = cast("bytes", memory[start:end])
    if not names:
        return BinaryArray(column.dtype, content, column.categories)
    return SentNames(column.dtype, content, msgspec.msgpack.decode(memory[end : end + names], type=list[str]))


@cache
def _decoder(kind: type[Wire]) -> msgspec.msgpack.Decoder[Wire]:
    return msgspec.msgpack.Decoder(kind)


def _write_at(fd: int, content: bytes, at: int) -> None:
    rest = memoryview(content).cast("B")
    while rest:
        written = os.pwrite(fd, rest, at)
        rest, at = rest[written:], at + written


def _binary(column: Any, before: int, max_names: int) -> BinaryArray | None:  # noqa: ANN401 - any column
    """A column as bytes; None for a list that mixes kinds or holds nothing. ``before``: names of other columns."""
    if isinstance(column, BinaryArray):
        _bound(before + len(column.categories or ()), max_names)
        return column
    kinds = set(map(type, column))
    if kinds <= {type(None)}:
        return None
    if kinds <= _NUMBERS:
        return BinaryArray("<f8", np.array(column, dtype=np.float64).data.cast("B"))  # type: ignore[arg-type]  # bytes-like
    if kinds <= _NAMES:
        return _named(column, before, max_names)
    _bound(before + sum(isinstance(v, str) for v in column), max_names)
    return None


def _named(column: list[str | None], before: int, max_names: int) -> SentNames:
    """Names as indexes; refused before there are many more than may be."""
    index: dict[str | None, int] = {None: -1}
    codes = np.empty(len(column), dtype=np.int32)
    for at in range(0, len(column), _BLOCK):
        codes[at : at + _BLOCK] = [index.setdefault(name, len(index) - 1) for name in column[at : at + _BLOCK]]
        _bound(before + len(index) - 1, max_names)
    names = [name for name in index if name is not None]
    return SentNames("<i4", codes.data.cast("B"), names)  # type: ignore[arg-type]  # bytes-like


def _bound(names: int, max_names: int) -> None:
    if names > max_names:
        raise too_many_names(max_names)


def _slots(value: Any) -> Iterator[_Slot]:  # noqa: ANN401 - any part of the wire
    """Every place below a value that holds a column, in an order that both processes share."""
    if isinstance(value, msgspec.Struct):
        columns, dictionaries, names = _columns_of(type(value))
        for name in value.__struct_fields__:
            held = getattr(value, name)
            if held is None:
                continue
            if name in columns:
                yield _Slot(held, _field_setter(value, name))
            elif name in names:
                yield _Slot(held, _field_setter(value, name), names=True)
            elif name in dictionaries:
                yield from (_Slot(column, _item_setter(held, key)) for key, column in held.items())
            else:
                yield from _slots(held)
    elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
        for item in value:
            yield from _slots(item)


def _field_setter(holder: msgspec.Struct, name: str) -> Callable[[BinaryArray], None]:
    return lambda column: msgspec.structs.force_setattr(holder, name, column)


def _item_setter(holder: dict[str, Any], key: str) -> Callable[[BinaryArray], None]:
    return lambda column: holder.__setitem__(key, column)


@cache
def _columns_of(kind: type) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The fields of a struct that hold a column, a dictionary of columns, or a list of names that must only differ."""
    options = {name: (hint, *get_args(hint)) for name, hint in get_type_hints(kind).items()}
    marked = {name: (hint, *get_args(hint)) for name, hint in get_type_hints(kind, include_extras=True).items()}
    columns = {name for name, found in options.items() if BinaryArray in found}
    dictionaries = {
        name for name, found in options.items() for o in found if get_origin(o) is dict and _is_column(get_args(o)[1])
    }
    names = {name for name, found in marked.items() if DifferentNames in found}
    return frozenset(columns), frozenset(dictionaries), frozenset(names)


def _is_column(hint: object) -> bool:
    return BinaryArray in get_args(hint)
