"""What a command says on standard error: as wide as the terminal, and nothing that a terminal would obey."""

from __future__ import annotations

import os
import sys
import textwrap

from service.api.render.words import clean

_WIDEST = 100
_HINT = "-> "


def complain(name: str, text: str) -> None:
    """Write what a command has to say."""
    lines = map(clean, f"{name}: {text}".split("\n"))
    width = _width()
    sys.stderr.write("\n".join(wrapped(line, width) if width else line for line in lines) + "\n")


def wrapped(line: str, width: int) -> str:
    """A line, what does not fit on it below its beginning."""
    blanks = len(line) - len(line.lstrip())
    indent = " " * (blanks + (len(_HINT) if line.startswith(_HINT, blanks) else 2))
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _width() -> int:
    """Of the terminal; 0 where there is none, or none that says it."""
    try:
        return min(_WIDEST, os.get_terminal_size(sys.stderr.fileno()).columns)
    except (OSError, ValueError):
        return 0
