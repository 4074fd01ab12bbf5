"""Frozen rows from columns: the objects of many outcomes at once.

A constructor of a frozen dataclass sets one field of one object at a time; here every field of all objects is one pass.
Shapes: K rows; columns of K values, or ``repeat`` of one.
Raises: ``TypeError`` for a field without a column or a column without a field.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import fields
from itertools import repeat
from typing import Any, TypeVar

Row = TypeVar("Row")


def rows(kind: type[Row], count: int, **columns: Iterable[object]) -> list[Row]:
    """As many objects of a dataclass with slots as there are rows; every field needs its column."""
    slots: dict[str, Any] = {field.name: getattr(kind, field.name) for field in fields(kind)}  # type: ignore[arg-type]  # any dataclass
    if slots.keys() != columns.keys():
        message = f"{kind.__name__} has the fields {sorted(slots)}, the columns are {sorted(columns)}"
        raise TypeError(message)
    made: list[Row] = list(map(object.__new__, repeat(kind, count)))
    for name, column in columns.items():
        deque(map(slots[name].__set__, made, column), maxlen=0)
    return made
