"""Margins: what is known of a target population's covariates, and the units' deviations from it.

A margin is the mean of a covariate of numbers, or the share of every level of a covariate of names. Each becomes rows
of x: one for a mean, one for every level but the first; all are deviations from the target, so that x averages 0 where
units are weighted like the target population.
Shapes: k rows of x, m rows of a target sample. Units: the covariates'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import token
from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Margin:
    """One covariate's margin: its levels (none: its mean) and its place in the plan."""

    covariate: str
    levels: tuple[str, ...]
    pointer: str

    @property
    def size(self) -> int:
        """Rows of x."""
        return len(self.levels) - 1 if self.levels else 1

    @property
    def names(self) -> tuple[str, ...]:
        """``age``, or ``sex=f`` and ``sex=m``."""
        return tuple(f"{self.covariate}={level}" for level in self.levels) or (self.covariate,)

    def place(self, level: int) -> str:
        """Where the share of a level stands in the plan."""
        return f"{self.pointer}/{token(self.levels[level])}"


@dataclass(frozen=True, slots=True)
class Margins:
    """All margins, their values by row of x (k,), and a target sample's deviations from them (k, m), None: stated."""

    margins: tuple[Margin, ...]
    target: FloatArray
    rows: FloatArray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every mean and every level."""
        return tuple(name for margin in self.margins for name in margin.names)

    def parts(self, x: FloatArray) -> Iterator[tuple[Margin, FloatArray, FloatArray]]:
        """Every margin with its rows of x (size, n) and its values (size,)."""
        start = 0
        for margin in self.margins:
            at = slice(start, start + margin.size)
            yield margin, x[at], self.target[at]
            start += margin.size

    def first(self, count: int) -> int:
        """How many rows of x the first margins have."""
        return sum(margin.size for margin in self.margins[:count])


def every_level(margin: Margin, rows: FloatArray) -> FloatArray:
    """The deviations of a margin with its first level in front (levels, n); a mean's as they are."""
    return np.concatenate((-rows.sum(axis=0, keepdims=True), rows)) if margin.levels else rows


def shares(margin: Margin, values: FloatArray) -> FloatArray:
    """The shares (levels,) of all levels from those of all but the first."""
    assert margin.levels
    return np.concatenate(([1.0 - values.sum()], values))
