"""Items: the outcomes of one subgroup side by side, answered by the same units.

Formula: an item is an outcome of numbers that a model has one column for. Units are those who answered every item
(listwise): pairs with all human and all LLM answers, one draw each; or, apart from each other, humans with all human
answers and LLM-only units with all LLM answers. An item that none of these units answered is left out.
Shapes: k items, n humans, m LLM units; y (k, n), f (k, m). Units: those of the answers.
Assumes: rows that line up by their number in the caller's data. Breaks: items of a split questionnaire, which nobody
answered together, leave no unit.
Raises: nothing.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from service.calibration.diagnostics.study import Source, View
from service.calibration.moments import FloatArray, IntArray

FEWEST_ITEMS = 2
MOST_ITEMS = 40
MOST_UNITS = 2_000
MOST_SCORES = 600_000  # units x pairs of items of one source


@dataclass(frozen=True, slots=True)
class Items:
    """Human answers y (k, n) and LLM answers f (k, m) to named items; ``paired``: of the same units in this order.

    ``cluster`` (n,) is that of pairs; ``clustered``: units that are no pairs have clusters.
    """

    names: tuple[str, ...]
    y: FloatArray
    f: FloatArray
    paired: bool
    cluster: IntArray | None = None
    clustered: bool = False

    @property
    def units(self) -> int:
        """Number of pairs (of their clusters), or of the smaller of the two sources."""
        if self.cluster is not None:
            return int(np.unique(self.cluster).size)
        return int(min(self.y.shape[1], self.f.shape[1]))

    def of(self, keep: Sequence[int]) -> Items:
        """The same of some of the items."""
        index = list(keep)
        return replace(self, names=tuple(self.names[j] for j in index), y=self.y[index], f=self.f[index])


def asked(views: Sequence[View], model: str, arm: int) -> list[tuple[View, int]]:
    """The views whose outcome is an item of a model in an arm, and the column that holds its answers."""
    found = [(view, view.own(model, arm)) for view in views if view.numeric]
    return [(view, own[0]) for view, own in found if len(own) == 1 and view.human[arm].y is not None]


def pairs(items: Sequence[tuple[View, int]], arm: int) -> Items:
    """The units of an arm with all human and all LLM answers."""
    answered = [(view.outcome, view.human[arm], j) for view, j in items]
    there = [(name, source, j, _rows(source, j)) for name, source, j in answered]
    there = [item for item in there if item[3].size]
    rows = _common([r for *_, r in there])
    y, f = (
        _table([_y(s) for _, s, _, _ in there], [s for _, s, _, _ in there], rows),
        _table([s.single[j] for _, s, j, _ in there], [s for _, s, _, _ in there], rows),
    )
    cluster = there[0][1].cluster if there else None
    own = None if cluster is None else np.asarray(cluster[np.searchsorted(_row(there[0][1]), rows)])
    return Items(tuple(name for name, *_ in there), y, f, True, own)


def apart(items: Sequence[tuple[View, int]], arm: int) -> Items:
    """The humans of an arm with all human answers, and the LLM-only units of its pool with all LLM answers."""
    found = [(view, j, only) for view, j in items if (only := view.llm_only[view.pool_of(arm)]) is not None]
    there = [(view, j, only) for view, j, only in found if _rows(only, j).size and view.human[arm].n]
    humans, others = [view.human[arm] for view, _, _ in there], [only for _, _, only in there]
    rows = _common([_row(s) for s in humans])
    rows_only = _common([_rows(only, j) for _, j, only in there])
    return Items(
        tuple(view.outcome for view, _, _ in there),
        _table([_y(s) for s in humans], humans, rows),
        _table([only.single[j] for _, j, only in there], others, rows_only),
        paired=False,
        clustered=any(s.cluster is not None for s in (*humans, *others)),
    )


def varying(items: Items) -> tuple[Items, tuple[str, ...]]:
    """The items whose human and LLM answers differ by more than rounding, and the names of the others."""
    keep = [j for j in range(len(items.names)) if _varies(items.y[j]) and _varies(items.f[j])]
    return items.of(keep), tuple(name for j, name in enumerate(items.names) if j not in keep)


def part(items: Items, generator: np.random.Generator) -> Items:
    """At most ``MOST_ITEMS`` items and ``MOST_UNITS`` units of each source (fewer of many items), drawn at random."""
    k = len(items.names)
    if k > MOST_ITEMS:
        items = items.of(np.sort(generator.choice(k, MOST_ITEMS, replace=False)).tolist())
    most = _most(len(items.names))
    y = _some(items.y.shape[1], most, generator)
    f = y if items.paired else _some(items.f.shape[1], most, generator)
    cluster = None if items.cluster is None else items.cluster[y]
    return replace(items, y=items.y[:, y], f=items.f[:, f], cluster=cluster)


def held(items: int, units: int) -> tuple[int, int]:
    """How many units of one source, and pairs of items, are read of so many: those of the parts that are drawn."""
    k = min(items, MOST_ITEMS)
    return (min(units, _most(k)), k * (k - 1) // 2) if k >= FEWEST_ITEMS else (0, 0)


def _most(items: int) -> int:
    """Most units of a source."""
    return min(MOST_UNITS, 2 * MOST_SCORES // (items * (items - 1)))


def _some(n: int, most: int, generator: np.random.Generator) -> IntArray:
    return np.arange(n) if n <= most else np.sort(generator.choice(n, most, replace=False))


def _varies(values: FloatArray) -> bool:
    return bool(values.size) and bool(np.ptp(values) > 1e-12 * np.abs(values).max())


def _rows(source: Source, column: int) -> IntArray:
    """The numbers of a source's units that an LLM answered for."""
    return np.asarray(_row(source)[~np.isnan(source.single[column])])


def _row(source: Source) -> IntArray:
    assert source.row is not None
    return source.row


def _y(source: Source) -> FloatArray:
    assert source.y is not None
    return source.y


def _common(rows: Sequence[IntArray]) -> IntArray:
    """The numbers in all of several ascending lists."""
    if not rows:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), rows))


def _table(values: Sequence[FloatArray], sources: Sequence[Source], rows: IntArray) -> FloatArray:
    """Values (k, n) of the units with these numbers."""
    found = [v[np.searchsorted(_row(s), rows)] for v, s in zip(values, sources, strict=True)]
    return np.array(found, dtype=np.float64).reshape(len(found), rows.size)
