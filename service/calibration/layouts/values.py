"""What makes values impossible to compute with, each with its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, Problem
from service.calibration.moments import FloatArray

LARGEST = 1e70  # fourth powers stay inside a double


def beyond(values: FloatArray) -> NDArray[np.bool_]:
    """Where values are infinite or their powers overflow, in the shape of the values."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values) > LARGEST)


def value_problems(values: FloatArray, pointer: str) -> list[Problem]:
    """Infinite values and values whose powers overflow, each with its index."""
    large = beyond(values)
    if not large.any():
        return []
    return [
        Problem(
            f"{pointer}/{i}", "not_finite", "the value is infinite", "send finite numbers; null marks a missing one"
        )
        if np.isinf(values[i])
        else Problem(
            f"{pointer}/{i}", "numeric_overflow", f"the value is beyond {LARGEST:g}", "rescale the column's units"
        )
        for i in np.flatnonzero(large)[:LISTED]
    ]
