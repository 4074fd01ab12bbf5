"""Requests made from a path's own types: between them every field is filled with every kind of value that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

NUMBERS = (0.5, 2.0, 100.0, 1e6)
TEXTS = ("a", "2026-03-01", "2026-03")
ONE = "AAAAAAAA8D8="
"""Base64 of the bytes of the float 1."""


def requests(kind: type[msgspec.Struct]) -> list[Any]:
    """Documents that decode to requests of this type, though not to sensible ones."""
    return list(_values(inspect.type_info(kind)))


def _values(kind: inspect.Type) -> Iterator[Any]:
    """Values of a type: of a union those of all options, of a struct as many as its richest field has."""
    match kind:
        case inspect.Metadata():
            yield from _values(kind.type)
        case inspect.UnionType():
            for option in kind.types:
                yield from _values(option)
        case inspect.StructType():
            yield from _structs(kind)
        case inspect.ListType():
            yield from _lists(kind)
        case inspect.DictType():
            yield from ({"a": value} for value in _values(kind.value_type))
        case inspect.LiteralType():
            yield from kind.values
        case _:
            yield _simple(kind)


def _structs(kind: inspect.StructType) -> Iterator[dict[str, Any]]:
    fields = {field.encode_name: list(_values(field.type)) for field in kind.fields}
    tag = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    for i in range(max(map(len, fields.values()), default=1)):
        yield tag | {name: options[i % len(options)] for name, options in fields.items()}


def _lists(kind: inspect.ListType) -> Iterator[list[Any]]:
    """Twice the same, for each option of an element; all of them together; none at all."""
    options = list(_values(kind.item_type))
    for option in options:
        yield [option] * max(2, kind.min_length or 0)
    if len(options) > 1 and not isinstance(options[0], dict):
        yield options
    if not kind.min_length:
        yield []


def _simple(kind: inspect.Type) -> Any:
    match kind:
        case inspect.NoneType():
            return None
        case inspect.BoolType():
            return True
        case inspect.BytesType():
            return ONE
        case inspect.StrType(pattern=pattern, min_length=least):
            return next(t for t in TEXTS if len(t) >= (least or 0) and re.fullmatch(pattern or ".*", t))
        case inspect.IntType():
            return int(next(number for number in NUMBERS if number % 1 == 0 and _fits(number, kind)))
        case inspect.FloatType():
            return next(number for number in NUMBERS if _fits(number, kind))
        case _:
            raise NotImplementedError(kind)


def _fits(number: float, kind: inspect.FloatType | inspect.IntType) -> bool:
    least, most = (kind.gt or -1e300) if kind.ge is None else kind.ge, kind.lt or kind.le or 1e300
    return least <= number <= most and number % (kind.multiple_of or number) == 0
