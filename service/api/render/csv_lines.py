"""An answer as CSV: one line per estimate (or point of the frontier), wire names joined by ``_``, warnings on each.

The columns follow from the answer's type alone: the same for every answer, and a new field is a new column. A list or
object of any number of entries is one cell of JSON. A text that a spreadsheet would run as a formula gets an apostrophe
in front (``=``, ``+``, ``-``, ``@`` first, after blanks or control characters too); numbers are never touched.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from service.web.inspection import options_of
from service.web.json_scan import Json

_FORMULA = re.compile(r"[\s\x00-\x20]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """What the lines of an answer are: the field that lists them, what stands in for none, what every line repeats."""

    field: str
    instead: str = ""
    repeated: tuple[str, ...] = ()


def columns(kind: inspect.Type, path: Path = ()) -> list[Path]:
    """The paths to every value of a type that is no object, in the order of the wire."""
    fields = {f.encode_name: f.type for o in options_of(kind) if isinstance(o, inspect.StructType) for f in o.fields}
    if not fields:
        return [path]
    return [found for name, inner in fields.items() for found in columns(inner, (*path, name))]


def table(answer: dict[str, Any], kind: type, lines: Lines) -> bytes:
    """The lines of a decoded answer of this type."""
    fields = {f.name: f.type for f in inspect.type_info(kind).fields}  # type: ignore[attr-defined]  # a struct
    listed = fields[lines.field]
    paths = columns(listed.item_type)
    items = answer[lines.field] or [answer[lines.instead]]
    end = [*(answer[name] for name in lines.repeated), _warnings(answer["warnings"])]
    rows = [[*(_at(item, path) for path in paths), *end] for item in items]
    return _encode([*map("_".join, paths), *lines.repeated, "warnings"], rows)


def single_line(answer: dict[str, Any], kind: type) -> bytes:
    """An answer without lists of results as one line."""
    paths = [path for path in columns(inspect.type_info(kind)) if path != ("warnings",)]
    row = [*(_at(answer, path) for path in paths), _warnings(answer["warnings"])]
    return _encode([*map("_".join, paths), "warnings"], [row])


def _at(value: Json, path: Path) -> Json:
    for name in path:
        value = value[name] if isinstance(value, dict) else None
    return value


def _warnings(found: Sequence[dict[str, str]]) -> str:
    return " | ".join(f"{w['code']} {w['pointer']}: {w['message']}" for w in found)


def _encode(header: Sequence[str], rows: Sequence[Sequence[Json]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return msgspec.json.encode(value).decode()
