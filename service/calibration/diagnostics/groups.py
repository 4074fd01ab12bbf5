"""Two groups of units compared on the same columns: the test of their means, the gaps in standard deviations.

Formula: d_j = (mean of the other group - mean of this one) / s_j, s_j the pooled standard deviation; its interval is
d_j -+ z sqrt(1/n + 1/m + d_j^2 / (2 (n + m))). Against a known population mean: 1/m = 0, s_j that of this group.
Missing answers are filled with the mean of the column over both groups, and whether one is missing is a further column;
a column without an answer in one of the groups is left out.
Shapes: p columns, n and m units. Units: standard deviations.
Assumes: independent units or clusters. Breaks: what ``exchangeability`` says of its test.
Raises: nothing.
Source: Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, chapter 5 (interval).
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from service.calibration.diagnostics.exchangeability import pool_p_values
from service.calibration.diagnostics.finding import Interval, Measure
from service.calibration.diagnostics.study import Source
from service.calibration.estimate import Frame
from service.calibration.layouts.refusals import DraftColumn, expanded
from service.calibration.least_squares import SMALLEST_SPREAD
from service.calibration.moments import FloatArray, Moments, of_columns, weighted
from service.calibration.sample import Column, Sample, Units

FEWEST = 2


@dataclass(frozen=True, slots=True)
class Groups:
    """Two groups on the same columns; ``other`` None: the columns' known population means stand in its place."""

    columns: tuple[Column, ...]
    one: Units | Moments
    other: Units | Moments | None


def of_sources(columns: Sequence[Column], index: Sequence[int], one: Source, other: Source | None) -> Groups:
    """The groups of two sources on some of their columns, missing answers filled alike."""
    drafts = [
        DraftColumn(columns[j], (one.c[j],), (None if other is None else other.c[j],))
        for j in index
        if _answered(one.c[j]) and (columns[j].population_mean is not None if other is None else _answered(other.c[j]))
    ]
    parts = [part for draft in drafts for part in expanded(draft)]
    this = Units(_rows([p.human[0] for p in parts], one.n), np.zeros(one.n), one.weight, one.cluster)
    that = None
    if other is not None:
        rows = [a for p in parts if (a := p.llm_only[0]) is not None]
        that = Units(_rows(rows, other.n), None, other.weight, other.cluster)
    return Groups(tuple(p.column for p in parts), this, that)


def together(sources: Sequence[Source]) -> Source:
    """Several sources as one."""
    return Source(
        np.concatenate([s.c for s in sources], axis=1),
        np.concatenate([s.single for s in sources], axis=1),
        None,
        _each([s.weight for s in sources]),
        _each([s.cluster for s in sources]),
    )


def p_value(groups: Groups) -> float | None:
    """Of the test that both groups have the same means; None where nothing can be tested."""
    if not groups.columns or groups.one.n < FEWEST or (groups.other is not None and groups.other.n < FEWEST):
        return None
    one = groups.one
    if isinstance(one, Moments):
        zero = np.zeros((1 + len(groups.columns), 1 + len(groups.columns)))
        zero[1:, 1:] = one.scatter
        one = Moments(one.n, np.concatenate(([0.0], one.mean)), zero)
    sample = Sample(("all",), "independent", groups.columns, (one,), (groups.other,), ("",))
    return pool_p_values(Frame(sample, "exchangeability"))[0]


def gaps(groups: Groups, level: float) -> list[Measure]:
    """The standardised gap of every column that varies, with its interval."""
    one, other = _moments(groups.one), None if groups.other is None else _moments(groups.other)
    found = []
    for j, column in enumerate(groups.columns):
        reference = column.population_mean if other is None else float(other.mean[j])
        spread, share = _spread(one, other, j)
        if reference is None or spread <= SMALLEST_SPREAD + 1e-14 * abs(float(one.mean[j])):
            continue
        d = (reference - float(one.mean[j])) / spread
        size = float(ndtri((1.0 + level) / 2.0)) * sqrt(share + d * d * _half(one, other))
        name = "smd" if len(groups.columns) == 1 else f"smd[{column.name}]"
        found.append(Measure(name, d, Interval("normal", level, d - size, d + size)))
    return found


def largest(measures: Sequence[Measure]) -> float:
    """The largest absolute value among measures; 0 of none."""
    return max((abs(m.value) for m in measures), default=0.0)


def _spread(one: Moments, other: Moments | None, j: int) -> tuple[float, float]:
    """Pooled standard deviation of a column, and 1/n + 1/m."""
    scatter, nu, share = float(one.scatter[j, j]), one.n - 1.0, 1.0 / one.size
    if other is not None:
        scatter, nu, share = scatter + float(other.scatter[j, j]), nu + other.n - 1.0, share + 1.0 / other.size
    return sqrt(max(scatter, 0.0) / nu) if nu > 0.0 else 0.0, share


def _half(one: Moments, other: Moments | None) -> float:
    return 0.5 / (one.size + (0.0 if other is None else other.size))


def _moments(source: Units | Moments) -> Moments:
    if isinstance(source, Moments):
        return source
    if source.weight is None:
        return of_columns(source.c)
    return weighted(source.c, source.weight / source.weight.mean())[0]


def _answered(values: FloatArray) -> bool:
    return bool((~np.isnan(values)).any())


def _each(parts: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    there = [p for p in parts if p is not None]
    return np.concatenate(there) if there else None


def _rows(rows: Sequence[FloatArray], n: int) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(len(rows), n)
