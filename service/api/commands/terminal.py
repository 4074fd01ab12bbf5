"""The console that tables are written to: plain text without escape codes when piped, or with NO_COLOR."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Column, Table

from service.api.render.words import clean

PIPED_WIDTH = 110
_BETWEEN = 3  # blanks from a column to the next
_NARROWEST = 12  # of a column of words, which are folded


def tame(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """An answer whose names a terminal shows and does not obey."""
    if isinstance(value, dict):
        return {clean(key): tame(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [tame(inner) for inner in value]
    return clean(value) if isinstance(value, str) else value


def show(parts: Sequence[RenderableType], stream: TextIO) -> None:
    """Write the parts; as plain text without blanks at the ends of lines, which tables have."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")
    console = console_on(stream)
    if console.is_terminal:
        _print(parts, console)
        return
    with console.capture() as captured:
        _print(parts, console)
    stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _print(parts: Sequence[RenderableType], console: Console) -> None:
    """Each as wide as the console, or wider where a number would be cut: 232.5 must not be read as 23."""
    width = console.width
    for part in parts:
        console.width = max(width, _room(part)) if isinstance(part, Table) else width
        console.print(part)


def _room(table: Table) -> int:
    """Columns that a table needs."""
    return sum(map(_needed, table.columns)) + _BETWEEN * (len(table.columns) - 1)


def _needed(column: Column) -> int:
    longest = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    return max(longest if column.no_wrap else min(longest, _NARROWEST), column.min_width or 0)


def console_on(stream: TextIO) -> Console:
    """A console on this stream."""
    terminal = stream.isatty()
    plain = not terminal or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=None if terminal else False,
        width=None if terminal or "COLUMNS" in os.environ else PIPED_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
