"""Labels: a column of names as codes, and numbers read as names where a column may hold either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.moments import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of names: codes (N,) into ``names``, -1 for missing."""

    codes: IntArray
    names: tuple[str, ...]


def ordered(column: FloatArray | Labels) -> Labels:
    """The column with codes in the order of its names, or of its values where it holds numbers; unused names go."""
    if isinstance(column, Labels):
        used = sorted({column.names[c] for c in np.unique(column.codes[column.codes >= 0]).tolist()})
        place = {name: i for i, name in enumerate(used)}
        lookup = np.array([*(place.get(name, -1) for name in column.names), -1], dtype=np.int64)
        return Labels(lookup[column.codes], tuple(used))
    present = ~np.isnan(column)
    values, inverse = np.unique(column[present], return_inverse=True)
    codes = np.full(column.shape[0], -1, dtype=np.int64)
    codes[present] = inverse
    return Labels(codes, tuple(number_name(v) for v in values.tolist()))


def number_name(value: float) -> str:
    """A number as a name: 3.0 is "3"."""
    return str(int(value)) if value.is_integer() else repr(value)


def present(column: FloatArray | Labels) -> NDArray[np.bool_]:
    """Which entries (N,) are not missing."""
    return column.codes >= 0 if isinstance(column, Labels) else ~np.isnan(column)


def length(column: FloatArray | Labels) -> int:
    """Number of entries."""
    return int((column.codes if isinstance(column, Labels) else column).shape[0])
