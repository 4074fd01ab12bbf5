"""Rows of a CSV file as entries of a list: effects by name, for track records and screenings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from service.api.commands.columns import told
from service.api.commands.option_text import pairs
from service.api.commands.requests.document import document
from service.api.commands.source import Source
from service.api.commands.usage import RefusedError, UsageError
from service.api.limits import Limits
from service.api.reading.cells import Cell, Kind, overflows
from service.api.reading.csv_file import read_csv
from service.web.inspection import Inspection
from service.web.problems import FieldError, ProblemError, from_errors

Entry = dict[str, Cell]


def columns_of(
    source: Source, renamed: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> dict[str, str]:
    """The column of the file for each name, as ``--column NAME=COLUMN`` says; ``UsageError`` for missing ones."""
    said = pairs("--column", ",".join(renamed), (*required, *optional)) if renamed else {}
    found = {name: said.get(name, name) for name in (*required, *optional)}
    missing = {n: c for n, c in found.items() if c not in source.header and (n in required or n in said)}
    if missing:
        text = f"{source.name} has no column {', '.join(missing.values())}; --column NAME=COLUMN says which it is"
        raise UsageError(f"{text}{_likely(missing, source.header)}\n{told(source.header)}")
    _refuse_near(
        source, {name: column for name, column in found.items() if column not in source.header}, found.values()
    )
    return {name: column for name, column in found.items() if column in source.header}


def _refuse_near(source: Source, absent: Mapping[str, str], known: Collection[str]) -> None:
    """An optional column under another name would be left out without a word: ``UsageError`` for one that may be it."""
    for column in source.header:
        words = set(re.split(r"[^a-z]+", column.lower()))
        meant = [name for name in absent if words & {name.partition("_")[0], name.replace("_", "")}]
        if meant and column not in known:
            text = f"{source.name} has a column {column}, which is not read"
            raise UsageError(f"{text}: say --column {meant[0]}={column}, or remove it\n{told(source.header)}")


def _likely(missing: Mapping[str, str], header: Sequence[str]) -> str:
    """Options that may be meant, by columns of almost these names."""
    lower = {name.lower(): name for name in header}
    close = {n: get_close_matches(c.lower(), lower, n=1) for n, c in missing.items()}
    found = [f"--column {name}={lower[match[0]]}" for name, match in close.items() if match]
    return f", such as {' '.join(found)}" if found else ""


def entries(source: Source, columns: Mapping[str, str]) -> list[Entry]:
    """One entry per row, by name: ``name`` is text, all else numbers; other text stays, for the service to refuse.

    ``RefusedError`` for what is not CSV.
    """
    kinds = {name: Kind.NAMES if name == "name" else Kind.NUMBERS for name in columns}
    found = Inspection()
    try:
        file = read_csv(source.body, {(columns[n], kind) for n, kind in kinds.items()}, Limits().max_values, found)
    except ProblemError as problem:
        raise RefusedError(problem, document({})) from problem
    read = {name: file.columns[columns[name], kind] for name, kind in kinds.items()}
    for name in filter(lambda name: overflows(read[name]), read):
        found.note(FieldError("", "numeric_overflow", f"Column {columns[name]} has a number beyond double precision."))
    if found.total:
        raise RefusedError(from_errors(found.errors(), found.total), document({}))
    return [dict(zip(read, row, strict=True)) for row in zip(*read.values(), strict=True)]


def effect(entry: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    """The ``human`` or ``llm`` effect of an entry; None where both fields are empty."""
    estimate, error = entry.get(kind), entry.get(f"{kind}_se")
    return None if estimate is None and error is None else {"estimate": estimate, "standard_error": error}
