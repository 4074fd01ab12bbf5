"""The console that tables are written to: plain text without escape codes when piped, or with NO_COLOR."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, TextIO

from rich.console import Console, RenderableType

from service.api.render.words import clean

PIPED_WIDTH = 110


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
        for part in parts:
            console.print(part)
        return
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


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
