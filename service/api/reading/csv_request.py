"""A CSV request: plan and data as JSON in the query, columns in the body."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

from service.api.reading.csv_file import read_csv
from service.api.reading.table_request import TableDecoder, beside
from service.web.json_scan import Bytes
from service.web.problems import FieldError, Located

T = TypeVar("T")
_HINTS = {
    "r_na_string": "Leave the field empty (R: write.csv(x, na = ''); pandas: na_rep='').",
    "r_logical": "Write 1 and 0 (R: as.numeric(as.logical(x))).",
    "number_as_string": "Write numbers like 1.5 or 1.5e3: a decimal point, no blanks, no thousands separators.",
    "wrong_type": "Write a number, or leave the field empty where it is missing.",
    "null_not_allowed": "The field is empty; every unit needs a value here.",
}


class CsvDecoder(Generic[T]):
    """A decoder for one struct type with a field ``data``; build it once per module."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._table = TableDecoder(kind, promised, in_csv)

    def decode(self, body: Bytes, parameters: Mapping[str, str], max_values: int) -> T:
        """The struct; ``ProblemError`` 400 for what cannot be read, 413 over the limit, 422 with every problem."""
        tree = beside(parameters)
        return self._table.decode(tree, lambda wanted, found: read_csv(body, wanted, max_values, found), max_values)


def in_csv(error: Located) -> Located:
    """A refusal with a hint for those who write CSV, where it is about a cell."""
    _column, _, row = error.pointer.rpartition("/")
    if error.code not in _HINTS or not row.isdecimal():
        return error
    hint = f"{_HINTS[error.code]} This is row {int(row) + 1} below the header."
    return FieldError(error.pointer, error.code, error.detail, hint)
