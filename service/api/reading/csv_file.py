"""Bytes of a CSV file (RFC 4180, UTF-8, with a header) to the columns that are asked for, in blocks of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from operator import itemgetter

from service.api.reading.cells import Cell, Kind, ids, values
from service.api.reading.table_file import TableFile, Wanted, refuse_duplicates
from service.web.compression import NAME_EXTRA, too_many_values
from service.web.inspection import Inspection
from service.web.json_scan import Bytes
from service.web.problems import FieldError, ProblemError
from service.web.strict_json import without_mark

_ROWS = 1 << 14
_HEADER = 1 << 16


def read_csv(body: Bytes, wanted: Iterable[Wanted], max_values: int, found: Inspection) -> TableFile:
    """The file; rows of another length than the header's are noted in ``found``.

    ``ProblemError`` 400 for what is not CSV in UTF-8 or names a column twice, 413 over the limit, 422 for a file
    with other separators.
    """
    body, wanted = without_mark(body), tuple(wanted)
    _refuse_other_separators(body, {name for name, _ in wanted})
    try:
        return _read(_quoted(body) if b'"' in body else _unquoted(body), wanted, max_values, found)
    except UnicodeDecodeError as error:
        raise ProblemError("invalid_utf8", f"The bytes are not UTF-8 ({error.reason}).") from None


def _quoted(body: Bytes) -> Iterator[list[str]]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(body), "utf-8", newline=""), strict=True)
    try:
        yield from reader
    except csv.Error:
        detail = f"The quotes of line {reader.line_num} do not match, or a field is far too long."
        raise ProblemError("malformed_csv", detail) from None


def _unquoted(body: Bytes) -> Iterator[list[str]]:
    """The same rows, faster, for a file without a single quote."""
    for line in io.TextIOWrapper(io.BytesIO(body), "utf-8"):
        text = line.removesuffix("\n")
        yield text.split(",") if text else []


def _read(reader: Iterator[list[str]], wanted: Iterable[Wanted], max_values: int, found: Inspection) -> TableFile:
    header = next(reader, [])
    refuse_duplicates(header)
    position = {name: index for index, name in enumerate(header) if name}
    columns: dict[Wanted, list[Cell]] = {want: [] for want in wanted if want[0] in position}
    row_count = names = seen = 0
    if len(header) == 1:
        reader = _filled(reader)
    while block := list(islice(reader, _ROWS)):
        rows = _whole(block, len(header), seen, found)
        seen, row_count = seen + len(block), row_count + len(rows)
        for (name, kind), column in columns.items():
            block_values = values(list(map(itemgetter(position[name]), rows)), kind)
            names += sum(isinstance(value, str) for value in block_values)
            column.extend(block_values)
        if row_count * len(header) + NAME_EXTRA * names > max_values:
            raise too_many_values(max_values)
    return TableFile(tuple(header), {want: ids(c) if want[1] is Kind.IDS else c for want, c in columns.items()})


def _refuse_other_separators(body: Bytes, names: set[str]) -> None:
    """A first line without a comma that semicolons or tabs would cut into names that are asked for."""
    line = bytes(body[:_HEADER]).partition(b"\n")[0].decode("utf-8", "replace")
    for separator, what in (";", "semicolons"), ("\t", "tabs"):
        cut = [name.strip(' "\r') for name in line.split(separator)]
        if "," not in line and len(cut) > 1 and names.intersection(cut):
            raise ProblemError("wrong_delimiter", f"The columns of this file are separated by {what}, not by commas.")


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows of a file with one column, where a blank line is a missing value unless only such lines follow."""
    blank = 0
    for row in rows:
        if row:
            yield from repeat([""], blank)
            yield row
        blank = 0 if row else blank + 1


def _whole(rows: list[list[str]], width: int, before: int, found: Inspection) -> list[list[str]]:
    """The rows of the header's width; the others are noted, blank lines are nothing."""
    if set(map(len, rows)) <= {width}:
        return rows
    for index, row in enumerate(rows):
        if row and len(row) != width:
            found.note(_ragged(before + index, len(row), width))
    return [row for row in rows if len(row) == width]


def _ragged(index: int, got: int, width: int) -> FieldError:
    text = f"Row {index + 1} below the header has {got} fields, the header has {width}."
    return FieldError(
        "", "ragged_row", text, "Quote fields that contain commas; write every field, empty when missing."
    )
