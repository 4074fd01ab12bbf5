"""The cells of a CSV file by what a field needs: numbers, names, truth values. An empty cell is missing.

What does not fit is left as the text it is; the second pass then names its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import Enum

from msgspec import inspect

from service.api.wire.layouts.table import LARGEST_ID
from service.web.inspection import options_of
from service.web.mismatch import string_for_number

Cell = float | str | bool | None
_PLAIN = re.compile(r"[0-9eE+.,-]*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TRUTH = {"true": True, "false": False}


class Kind(Enum):
    """What the entries of a column are."""

    NUMBERS = "numbers"
    NAMES = "names"
    NUMBERS_OR_NAMES = "numbers or names"
    IDS = "numbers or names that tell groups apart"
    TRUTH = "truth values"


def kind_of(place: inspect.Type) -> Kind | None:
    """What a column is at this place of the wire; None where no column belongs."""
    for option in options_of(place):
        if isinstance(option, (inspect.ListType, inspect.VarTupleType)):
            return _kind_of_items(options_of(option.item_type))
    return None


def _kind_of_items(items: Sequence[inspect.Type]) -> Kind | None:
    numbers = any(isinstance(item, (inspect.FloatType, inspect.IntType)) for item in items)
    names = any(isinstance(item, (inspect.StrType, inspect.LiteralType)) for item in items)
    if numbers:
        return Kind.NUMBERS_OR_NAMES if names else Kind.NUMBERS
    if names:
        return Kind.NAMES
    return Kind.TRUTH if any(isinstance(item, inspect.BoolType) for item in items) else None


def values(cells: Sequence[str], kind: Kind) -> list[Cell]:
    """The cells as that kind; text that is not of it stays text."""
    if kind in {Kind.NAMES, Kind.IDS}:
        return [cell or None for cell in cells]
    if kind is Kind.TRUTH:
        return [_TRUTH.get(cell.lower(), cell) if cell else None for cell in cells]
    if _PLAIN.fullmatch(",".join(cells)):
        try:
            return [float(cell) if cell else None for cell in cells]
        except ValueError:
            pass
    return [_number(cell) for cell in cells]


def ids(cells: Sequence[Cell]) -> list[Cell]:
    """Names that tell groups apart (``values`` of kind IDS), as numbers where no two different ones would become one.

    Where all that is not a number says that a value is missing, that stays text among numbers, which is refused.
    """
    texts = {cell for cell in cells if isinstance(cell, str)}
    numbers = {text: float(text) for text in texts if _NUMBER.fullmatch(text)}
    distinct = len(set(numbers.values())) == len(numbers) and max(map(abs, numbers.values()), default=0.0) < LARGEST_ID
    absent = all(string_for_number(text)[0] == "r_na_string" for text in texts if text not in numbers)
    if not (distinct and absent):
        return list(cells)
    return [numbers.get(cell, cell) if isinstance(cell, str) else cell for cell in cells]


def overflows(column: Sequence[Cell]) -> bool:
    """Whether a number was too large for double precision."""
    return math.inf in column or -math.inf in column


def _number(cell: str) -> float | str | None:
    if not cell:
        return None
    return float(cell) if _NUMBER.fullmatch(cell) else cell
