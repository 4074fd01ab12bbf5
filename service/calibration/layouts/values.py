"""What makes values impossible to compute with, each with its place."""

from __future__ import annotations

import numpy as np

from service.calibration.errors import LISTED, Problem
from service.calibration.moments import FloatArray

LARGEST = 1e70  # fourth powers stay inside a double


def value_problems(values: FloatArray, pointer: str) -> list[Problem]:
    """Infinite values and values whose powers overflow, each with its index."""
    with np.errstate(invalid="ignore"):
        large = np.abs(values) > LARGEST
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
