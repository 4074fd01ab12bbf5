"""A file of columns, whatever its format: its header and the columns that were asked for, by name and kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.api.reading.cells import Cell, Kind
from service.web.problems import ProblemError

Wanted = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class TableFile:
    """The header, and by name and kind the wanted columns that exist, or what is wrong with them: code, text, hint."""

    header: tuple[str, ...]
    columns: Mapping[Wanted, list[Cell]]
    refused: Mapping[Wanted, tuple[str, str, str]] = field(default_factory=dict)


def refuse_duplicates(header: Sequence[str]) -> None:
    """400 for a header that names a column twice; columns without a name are no columns."""
    seen: set[str] = set()
    for name in header:
        if name and name in seen:
            raise ProblemError("duplicate_header", f"The header names {name[:100]!r} twice.")
        seen.add(name)
