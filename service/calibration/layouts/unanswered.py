"""Everybody asked in an arm, divided into those who answered and those who did not.

Shapes: N asked, n answered. Units: the caller's. Raises: nothing. Source: none. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Units

NONE_MISSING = Warned(
    "no_missing_answers",
    "missing is response_propensity and nobody asked lacks an answer; people who were asked and did not answer have "
    "null for the outcome and true for human",
    "/plan/missing",
)


def present(y: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
    """The answers that are there, by arm."""
    return tuple(values[~np.isnan(values)] for values in y)


def divided(asked: Sequence[Units]) -> tuple[tuple[Units, ...], tuple[Units | None, ...]]:
    """Those of every arm who answered, and those who did not (None: everybody answered); empty where no arm has any."""
    found = [_divided(units) for units in asked]
    rest = tuple(others for _, others in found)
    return tuple(answered for answered, _ in found), rest if any(rest) else ()


def _divided(asked: Units) -> tuple[Units, Units | None]:
    assert asked.y is not None
    there = ~np.isnan(asked.y)
    if there.all():
        return asked, None
    others = _some(asked, np.flatnonzero(~there))
    return _some(asked, np.flatnonzero(there)), replace(others, y=None)


def _some(units: Units, rows: IntArray) -> Units:
    """Some of the units as they were collected: without a model's terms."""
    assert units.y is not None
    return Units(
        _frozen(units.c[:, rows]),
        _frozen(units.y[rows]),
        None if units.weight is None else units.weight[rows],
        None if units.cluster is None else units.cluster[rows],
        None if units.stratum is None else units.stratum[rows],
        None if units.sampling_probability is None else units.sampling_probability[rows],
        row=None if units.row is None else units.row[rows],
    )


def _frozen(values: FloatArray) -> FloatArray:
    values.flags.writeable = False
    return values
