"""Where a problem is, in the words of the file: its column and row, from the pointer into the request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from service.api.commands.requests.document import Document, Rows

_NO_COLUMNS = ("layout", "prediction_design")
_PARTS = ("plan", "basis", "settings", "constraints", "objective")
Place = tuple[str, int | None]  # what it is, and its row below the header


def place_of(pointer: str, document: Document, options: Collection[str] = ()) -> Place:
    """What a pointer is about, and the row; a place that is not of the file is an option, or named by its steps."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if document.rows is not None and (place := _entry(steps, document.rows)) is not None:
        return place
    if place := _column(steps, document.named):
        return place
    said = steps[1:] if steps[:1] and steps[0] in _PARTS else steps
    if said and said[0] in options:
        said = [f"--{said[0].replace('_', '-')}", *said[1:]]
        return " ".join(said), None
    return " ".join(steps), None


def _entry(steps: Sequence[str], rows: Rows) -> Place | None:
    if len(steps) < 2 or f"/{steps[0]}" != rows.place or not steps[1].isdecimal():
        return None
    if int(steps[1]) >= len(rows.numbers):
        return None
    column, row = rows.columns.get("/".join(steps[2:])), rows.numbers[int(steps[1])]
    return (f"column {column}" if column else " ".join(steps[2:]) or "the row", row)


def _column(steps: Sequence[str], named: Any) -> Place | None:  # noqa: ANN401 - any JSON
    """The column whose name stands on the way; ``basis`` of a pilot may be left out."""
    if steps[:1] == ["data"] and "data" not in named:
        named = named.get("basis", {})
    for index, step in enumerate(steps):
        named = _inner(named, step)
        if isinstance(named, str):
            return _named(steps, index, named)
    return None


def _named(steps: Sequence[str], index: int, name: str) -> Place | None:
    if "data" not in steps[:index] or steps[index] in _NO_COLUMNS:
        return None
    if "predictions" in steps and steps[index] != "values":
        return f"prediction {int(steps[index - 1]) + 1}, {steps[index]} {name!r}", None
    row = steps[index + 1] if len(steps) > index + 1 else ""
    return f"column {name}", int(row) + 1 if row.isdecimal() else None


def _inner(value: Any, step: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None
