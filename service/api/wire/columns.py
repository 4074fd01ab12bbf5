"""Columns on the wire: a JSON list, or a binary array; and their way into float64 arrays and label codes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Literal, cast

import msgspec
import numpy as np

from service.calibration.errors import LISTED, Problem
from service.calibration.layouts.labels import Labels
from service.calibration.moments import FloatArray
from service.web.mismatch import string_for_number

MOST_CHARACTERS = 1_000
"""Of a name. Names are told back many times in one answer; questions of a survey are shorter."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
Finite = Annotated[float, msgspec.Meta(ge=-1e70, le=1e70)]
Integral = Annotated[int, msgspec.Meta(ge=0, le=2**53)] | Annotated[float, msgspec.Meta(ge=0, le=2**53, multiple_of=1)]
"""Up to 2^53, written as a whole number or as 7.0; as a float alone the next whole number would be taken for 2^53."""

ITEM_SIZES = {"<f8": 8, "<f4": 4, "<i4": 4, "<i2": 2, "|i1": 1}


class BinaryArray(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers as bytes: base64 in JSON. With ``categories`` the integers are zero-based indexes, -1 missing."""

    dtype: Literal["<f8", "<f4", "<i4", "<i2", "|i1"]
    data: bytes
    categories: list[Name] | None = None


DifferentNames = Annotated[list[str], msgspec.Meta(extra={"said": False})]
"""Names that must only differ and are said nowhere."""


class SentNames(BinaryArray, frozen=True, forbid_unknown_fields=True):
    """A list of names and nulls on its way from the parsing process: the same refusals as the list."""


def from_buffer(numbers: memoryview) -> BinaryArray:
    """Numbers that were a JSON list, as a buffer of float64."""
    return BinaryArray("<f8", cast("bytes", numbers))  # whatever numpy reads and len counts will do


NumericColumn = list[float | None] | BinaryArray
LabelColumn = list[str | None] | BinaryArray
MixedColumn = list[float | str | None] | BinaryArray


def answers(
    column: MixedColumn, pointer: str, problems: list[Problem], *, categories: bool = False
) -> FloatArray | Labels:
    """A column of answers: numbers, or with ``categories`` names as well; problems are appended."""
    return mixed(column, pointer, problems) if categories else numbers(column, pointer, problems)


def numbers(column: MixedColumn, pointer: str, problems: list[Problem]) -> FloatArray:
    """A column whose type allows names but which must hold numbers; problems are appended."""
    if isinstance(column, SentNames):
        column = names_of(column)
    if not isinstance(column, list):
        return numeric(column, pointer, problems)
    try:
        return np.frombuffer(array("d", column), dtype=np.float64)  # type: ignore[type-var]  # refuses all but numbers
    except TypeError:
        pass
    if str not in set(map(type, column)):
        return np.array(column, dtype=np.float64)
    for i, value in enumerate(column):
        if isinstance(value, str):
            code, hint = string_for_number(value)
            problems.append(Problem(f"{pointer}/{i}", code, "Expected number or null, got string.", hint))
    return np.zeros(len(column))


def numeric(column: NumericColumn, pointer: str, problems: list[Problem]) -> FloatArray:
    """A numeric column as float64 (N,), NaN where missing; problems are appended."""
    if isinstance(column, list):
        return np.array(column, dtype=np.float64)
    if column.categories is not None:
        problems.append(
            Problem(pointer, "mixed_column", "categories stand where numbers belong", "leave out categories")
        )
    decoded = _decoded(column, pointer, problems)
    if decoded.dtype == np.float64:
        return decoded
    with np.errstate(invalid="ignore"):  # signalling NaNs are missing numbers like any other
        return decoded.astype(np.float64)


def labels(column: LabelColumn, pointer: str, problems: list[Problem]) -> Labels:
    """A column of names as codes (N,), -1 where missing; problems are appended."""
    if isinstance(column, list):
        return _from_list(column, pointer, problems)
    if column.categories is None or column.dtype.startswith("<f"):
        text, hint = "names as a binary array need integers and categories", 'for example dtype "<i2" and categories'
        problems.append(Problem(pointer, "missing_categories", text, hint))
        return Labels(np.zeros(0, dtype=np.int64), ())
    codes = _decoded(column, pointer, problems).astype(np.int64)
    wrong = np.flatnonzero((codes < -1) | (codes >= len(column.categories)))[:LISTED]
    problems += [Problem(f"{pointer}/{i}", "unknown_category", "the index has no category", "") for i in wrong]
    if len(set(column.categories)) < len(column.categories):
        problems.append(Problem(f"{pointer}/categories", "duplicate_category", "a category is listed twice", ""))
    problems += _unfit(codes, column.categories, pointer) if isinstance(column, SentNames) else []
    return Labels(codes, tuple(column.categories))


def mixed(column: MixedColumn, pointer: str, problems: list[Problem]) -> FloatArray | Labels:
    """A column that is all numbers or all names."""
    if not isinstance(column, list):
        return numeric(column, pointer, problems) if column.categories is None else labels(column, pointer, problems)
    kinds = {type(v) for v in column if v is not None}
    if str not in kinds:
        return np.array(column, dtype=np.float64)
    if len(kinds) == 1:
        return _from_list([v for v in column if v is None or isinstance(v, str)], pointer, problems)
    majority_text = sum(isinstance(v, str) for v in column) * 2 > len(column)
    odd = (i for i, v in enumerate(column) if v is not None and isinstance(v, str) != majority_text)
    problems += [
        Problem(f"{pointer}/{i}", "mixed_column", "the column holds numbers and text", "all numbers or all strings")
        for i in islice(odd, LISTED)
    ]
    return np.full(len(column), 0.0)


def names_of(column: SentNames) -> list[float | str | None]:
    """The list that was sent."""
    known = [*(column.categories or ()), None]
    return [known[code] for code in np.frombuffer(column.data, column.dtype)]


def numbered(names: Sequence[str | None]) -> np.ndarray:
    """Names as indexes (N,) in the order of their first use, -1 where missing."""
    return _numbered(names, {})


def entries(column: NumericColumn | MixedColumn | list[str] | None) -> int:
    """How many entries a column has."""
    if column is None:
        return 0
    return len(column) if isinstance(column, list) else len(column.data) // ITEM_SIZES[column.dtype]


def used_names(column: LabelColumn | MixedColumn | None) -> int:
    """How many names a column of names uses; 0 for numbers."""
    if column is None:
        return 0
    if isinstance(column, list):
        return len({v for v in column if isinstance(v, str)})
    return len(column.categories or ())


def used_values(column: MixedColumn) -> int:
    """How many different answers a column of categories may hold."""
    if isinstance(column, list):
        return len(set(column) - {None})
    if column.categories is not None:
        return len(column.categories)
    found = np.frombuffer(column.data, column.dtype, entries(column))
    return int(np.unique(found[found == found]).size)  # noqa: PLR0124 - NaN, a missing answer, is unlike itself


def _from_list(column: list[str | None], pointer: str, problems: list[Problem]) -> Labels:
    index: dict[str, int] = {}
    codes = _numbered(column, index)
    problems += _unfit(codes, tuple(index), pointer)
    return Labels(codes, tuple(index))


def _numbered(names: Sequence[str | None], index: dict[str, int]) -> np.ndarray:
    codes = (-1 if name is None else index.setdefault(name, len(index)) for name in names)
    return np.fromiter(codes, dtype=np.int64, count=len(names))


def _unfit(codes: np.ndarray, names: Sequence[str], pointer: str) -> list[Problem]:
    """The places of names that only a list can hold: empty ones, and those that are too long."""
    empty = np.flatnonzero(codes == names.index(""))[:LISTED] if "" in names else ()
    found = [Problem(f"{pointer}/{i}", "empty_name", "the name is empty", "null marks a missing one") for i in empty]
    if too_long := [code for code, name in enumerate(names) if len(name) > MOST_CHARACTERS]:
        text, hint = f"the name has more than {MOST_CHARACTERS} characters", "send a shorter name, such as a code"
        places = np.flatnonzero(np.isin(codes, too_long))[:LISTED]
        found += [Problem(f"{pointer}/{i}", "name_too_long", text, hint) for i in places]
    return found


def _decoded(column: BinaryArray, pointer: str, problems: list[Problem]) -> np.ndarray:
    dtype = np.dtype(column.dtype)
    if len(column.data) % dtype.itemsize:
        text = f"{len(column.data)} bytes are no whole number of {column.dtype} entries"
        problems.append(Problem(f"{pointer}/data", "bad_length", text, "encode the whole array with this dtype"))
        return np.zeros(0)
    return np.frombuffer(column.data, dtype=dtype)
