"""Columns of a table stacked as matrices, a few at a time, so that many short ones cost no more than a long one.

Shapes: K columns of N units; matrices (k, N) of at most ``HELD`` numbers, or of one column.
Raises: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.values import beyond
from service.calibration.moments import FloatArray, IntArray

HELD = 15_000  # what the cache holds
BoolArray = NDArray[np.bool_]


def stacked(columns: Sequence[FloatArray | Labels]) -> Iterator[tuple[slice, FloatArray]]:
    """Columns of one length as matrices, each with its place among them; missing labels are NaN."""
    size = max(1, len(columns[0].codes if isinstance(columns[0], Labels) else columns[0])) if columns else 1
    step = max(1, HELD // size)
    for first in range(0, len(columns), step):
        cut = slice(first, first + step)
        part = [_numbers(c) if isinstance(c, Labels) else c for c in columns[cut]]
        yield cut, (part[0] if len(part) == 1 else np.concatenate(part)).reshape(len(part), -1)


def screened(columns: Sequence[FloatArray | Labels], present: BoolArray | None = None) -> BoolArray:
    """Which columns have a value that ``value_problems`` refuses (K,); fills ``present`` (K, N): where one is."""
    wrong = np.zeros(len(columns), dtype=bool)
    for cut, values in stacked(columns):
        wrong[cut] = beyond(values).any(axis=1)
        if present is not None:
            np.logical_not(np.isnan(values), out=present[cut])
    return wrong


def picked(columns: Sequence[FloatArray], rows: IntArray, used: BoolArray | None = None) -> FloatArray:
    """The columns' values of some units (K, n), or of those that are ``used`` (K, rows), alike many in every column."""
    parts = []
    for cut, values in stacked(columns):
        mine = values[:, rows]
        parts.append(mine if used is None else mine[used[cut]].reshape(mine.shape[0], -1))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _numbers(labels: Labels) -> FloatArray:
    return np.where(labels.codes < 0, np.nan, labels.codes.astype(np.float64))
