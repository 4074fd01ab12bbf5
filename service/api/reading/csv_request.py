"""A CSV request: plan and data as JSON in the query, columns in the body; the same struct as the JSON table gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from service.api.reading.cells import overflows
from service.api.reading.csv_file import read_csv
from service.api.reading.named_columns import places, unknown, unnamed
from service.web.inspection import Inspection
from service.web.json_scan import Bytes
from service.web.problems import FieldError, Located, ProblemError
from service.web.second_pass import SecondPass
from service.web.strict_json import json_tree

T = TypeVar("T")
PARAMETERS = ("data", "plan")
_HINTS = {
    "r_na_string": "Leave the field empty (R: write.csv(x, na = ''); pandas: na_rep='').",
    "r_logical": "Write 1 and 0 (R: as.numeric(x)).",
    "number_as_string": "Write numbers like 1.5 or 1.5e3: a decimal point, no blanks, no thousands separators.",
    "wrong_type": "Write a number, or leave the field empty where it is missing.",
    "null_not_allowed": "The field is empty; every unit needs a value here.",
}


class CsvDecoder(Generic[T]):
    """A decoder for one struct type with a field ``data``; build it once per module."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind, strict=True)
        self._second_pass = SecondPass(kind, promised)
        self._data = next(f.type for f in inspect.type_info(kind).fields if f.name == "data")  # type: ignore[attr-defined]  # a struct

    def decode(self, body: Bytes, parameters: Mapping[str, str], max_values: int) -> T:
        """The struct; ``ProblemError`` 400 for what cannot be read, 413 over the limit, 422 with every problem."""
        tree: dict[str, Any] = {name: _json(name, parameters[name]) for name in PARAMETERS if name in parameters}
        found, columns = Inspection(), []
        needed = places(self._data, tree.get("data"), "/data")
        named = [(place, place.name) for place in needed if isinstance(place.name, str)]
        file = read_csv(body, {(name, place.kind) for place, name in named}, max_values, found)
        for place in needed:
            if isinstance(place.name, str) and (place.name, place.kind) in file.columns:
                columns.append(file.columns[place.name, place.kind])
            elif found.full:
                found.count(1)
            elif not isinstance(place.name, str):
                found.note(unnamed(place))
            else:
                found.note(unknown(place, place.name, file.header))
        for place in needed:
            place.put(file.columns.get((str(place.name), place.kind), []))
        if not found.total and not any(map(overflows, columns)):
            try:
                return self._decoder.decode(msgspec.msgpack.encode(tree))
            except (msgspec.MsgspecError, OverflowError):
                pass
        return self._explain(tree, found, [place.pointer for place in needed])

    def _explain(self, tree: dict[str, Any], found: Inspection, columns: Collection[str]) -> T:
        try:
            return self._second_pass.read(tree, found)
        except ProblemError as problem:
            problem.errors = [in_csv(e) if e.pointer.rpartition("/")[0] in columns else e for e in problem.errors]
            raise


def _json(name: str, text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json_tree(text.encode())
    except ProblemError as problem:
        problem.detail = f"In the query parameter {name}: {problem.detail}"
        raise


def in_csv(error: Located) -> Located:
    """A refusal with a hint for those who write CSV, where it is about a cell."""
    _column, _, row = error.pointer.rpartition("/")
    if error.code not in _HINTS or not row.isdecimal():
        return error
    hint = f"{_HINTS[error.code]} This is row {int(row) + 1} below the header."
    return FieldError(error.pointer, error.code, error.detail, hint)
