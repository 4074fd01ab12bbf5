"""The table object of a request with a file has a column's name where JSON has a column; the two are joined here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import inspect

from service.api.reading.cells import Kind, kind_of
from service.web.inspection import child, chosen_option, options_of
from service.web.json_scan import Json
from service.web.problems import FieldError

_NAMES_COMPARED = 300
IDS = frozenset({"cluster", "stratum", "subgroup"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place that needs a column: its pointer, what stands there, what is needed, and how to put it there.

    ``packed``: whether a binary array may stand there.
    """

    pointer: str
    name: Json
    kind: Kind
    put: Callable[[Any], None]
    packed: bool = False


def places(kind: inspect.Type, value: Json, pointer: str) -> list[Place]:
    """Every place below a value where its type has a column."""
    chosen = chosen_option(options_of(kind), value)
    if isinstance(value, dict) and isinstance(chosen, inspect.StructType):
        fields = {field.encode_name: field.type for field in chosen.fields}
        return [p for key in value if key in fields for p in _of_field(fields[key], value, key, pointer)]
    if isinstance(value, dict) and isinstance(chosen, inspect.DictType):
        return [p for key in value for p in _of_item(chosen.value_type, value, key, pointer)]
    if isinstance(value, list) and isinstance(chosen, inspect.ListType):
        return [p for index in range(len(value)) for p in _of_item(chosen.item_type, value, index, pointer)]
    return []


def _of_field(kind: inspect.Type, holder: dict[str, Any], key: str, pointer: str) -> list[Place]:
    found = _of_item(kind, holder, key, pointer)
    return [replace(place, kind=Kind.IDS) for place in found] if key in IDS and found else found


def _of_item(kind: inspect.Type, holder: Any, key: str | int, pointer: str) -> list[Place]:  # noqa: ANN401 - list or dict
    needed, value, here = kind_of(kind), holder[key], child(pointer, key)
    if needed is None or value is None:
        return places(kind, value, here)

    def put(column: Any) -> None:  # noqa: ANN401 - cells, or a binary array
        holder[key] = column

    packed = any(isinstance(option, inspect.StructType) for option in options_of(kind))
    return [Place(here, value, needed, put, packed)]


def unnamed(place: Place) -> FieldError:
    """The problem of a place that has no column's name."""
    text = "Expected the name of a column of the file, as a string."
    return FieldError(place.pointer, "wrong_type", text, "The columns stand in the file; write their names here.")


def unknown(place: Place, name: str, header: Sequence[str]) -> FieldError:
    """The problem of a name that the file does not have, with the closest one that it has."""
    known = [h[:100] for h in header[:_NAMES_COMPARED] if h]
    close = difflib.get_close_matches(name[:100], known, n=1)
    names = ", ".join(map(repr, known[:50]))
    hint = f"Did you mean {close[0]!r}?" if close else f"Columns of the file: {names}."
    return FieldError(place.pointer, "unknown_column", f"The file has no column {name[:100]!r}.", hint)
