"""How often structural fidelity sounds a false alarm or a true one, and how often its intervals cover.

`python -m tests.coverage.structure` prints the table of docs/diagnostics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.diagnostics.congruence import congruence
from service.calibration.diagnostics.finding import Measure
from service.calibration.diagnostics.items import Items
from service.calibration.diagnostics.structure import equality_test, largest_gap, rms_gap, structure

LEVEL = 0.95
Generator = np.random.Generator
Draw = Callable[[Generator, tuple[int, ...]], np.ndarray]


def gaussian(generator: Generator, size: tuple[int, ...]) -> np.ndarray:
    """Standard normal."""
    return generator.normal(size=size)


def skewed(generator: Generator, size: tuple[int, ...]) -> np.ndarray:
    """Exponential, mean 0."""
    return generator.exponential(size=size) - 1.0


def flat(generator: Generator, size: tuple[int, ...]) -> np.ndarray:
    """Uniform with variance 1."""
    return sqrt(12.0) * (generator.random(size=size) - 0.5)


@dataclass(frozen=True)
class Cell:
    """A kind of study: ``items`` with one factor, loadings whose square is the correlation of any two.

    Humans' items correlate at ``human`` and the LLM's at ``llm``. Pairs share a part ``shared`` of everything that
    their answers are made of. ``m`` 0: pairs. ``points``: answers are rounded to that many.
    """

    name: str
    n: int
    m: int = 0
    items: int = 5
    human: float = 0.3
    llm: float = 0.3
    shared: float = 0.5
    draw: Draw = gaussian
    llm_draw: Draw = gaussian
    points: int = 0
    replicates: int = 1_000


CELLS = (
    Cell("pairs, n = 20", 20),
    Cell("pairs, n = 50", 50),
    Cell("pairs, n = 120", 120),
    Cell("pairs, n = 120, two items", 120, items=2),
    Cell("pairs, n = 120, twelve items at .6", 120, items=12, human=0.6, llm=0.6),
    Cell("pairs, n = 120, five points", 120, points=5),
    Cell("pairs, n = 120, humans skewed, LLM uniform", 120, draw=skewed, llm_draw=flat),
    Cell("apart, n = 20, m = 20", 20, 20),
    Cell("apart, n = 120, m = 1200", 120, 1_200, replicates=500),
    Cell("apart, n = 120, m = 1200, five points", 120, 1_200, points=5, replicates=500),
    Cell(
        "apart, n = 120, m = 1200, humans skewed, LLM uniform", 120, 1_200, draw=skewed, llm_draw=flat, replicates=500
    ),
    Cell("pairs, n = 120, LLM at .5", 120, llm=0.5),
    Cell("pairs, n = 120, LLM at .7", 120, llm=0.7),
    Cell("apart, n = 120, m = 1200, LLM at .5", 120, 1_200, llm=0.5, replicates=100),
    Cell("apart, n = 120, m = 1200, LLM at 0", 120, 1_200, llm=0.0, replicates=100),
)


@dataclass(frozen=True)
class Rates:
    """Shares of studies: the test rejects; the intervals of RMS gap, largest gap and congruence cover."""

    rejected: float
    rms: float
    largest: float
    congruence: float


def made(cell: Cell, generator: Generator) -> Items:
    """The answers of one study."""
    names = tuple(f"q{j}" for j in range(cell.items))
    y = _answers(cell.human, cell.draw(generator, (cell.items + 1, cell.n)), cell.points)
    if cell.m:
        f = _answers(cell.llm, cell.llm_draw(generator, (cell.items + 1, cell.m)), cell.points)
        return Items(names, y, f, paired=False)
    common = cell.draw(generator, (cell.items + 1, cell.n))
    own, other = (draw(generator, common.shape) for draw in (cell.draw, cell.llm_draw))
    a, b = sqrt(cell.shared), sqrt(1.0 - cell.shared)
    y = _answers(cell.human, a * common + b * own, cell.points)
    return Items(names, y, _answers(cell.llm, a * common + b * other, cell.points), paired=True)


def rates(cell: Cell, replicates: int, seed: int = 0) -> Rates:
    """The shares over studies drawn by a seed."""
    generator = np.random.default_rng([seed, CELLS.index(cell)])
    counts = np.zeros(4)
    for _ in range(replicates):
        items = made(cell, generator)
        found = structure(items)
        p = equality_test(found, generator)
        gap = cell.llm - cell.human
        largest, _ = largest_gap(found, LEVEL, generator)
        covers = [_covers(rms_gap(found, LEVEL, p), abs(gap)), _covers(largest, gap)]
        factor = _covers(congruence(items, LEVEL, generator), 1.0) if cell.items > 2 and cell.llm else True
        counts += [p <= 1.0 - LEVEL, *covers, factor]
    return Rates(*(counts / replicates).tolist())


def line(cell: Cell, found: Rates, replicates: int) -> str:
    """A row of the table."""
    values = (found.rejected, found.rms, found.largest, found.congruence)
    told = [f"{v:.4f}" for v in values[: 4 if cell.items > 2 and cell.llm else 3]] + ["-"]
    error = sqrt(max(found.rejected * (1 - found.rejected), 1 / replicates) / replicates)
    return f"| {cell.name} | {told[0]} | {error:.4f} | {' | '.join(told[1:4])} | {replicates} |"


def _answers(r: float, parts: np.ndarray, points: int) -> np.ndarray:
    """Answers (k, n) of which any two correlate at r, from a factor and k parts of their own."""
    values = sqrt(r) * parts[0] + sqrt(1.0 - r) * parts[1:]
    return np.clip(np.round(3.0 + values), 1, points) if points else values


def _covers(measure: Measure, truth: float) -> bool:
    ends = measure.interval
    return ends is not None and ends.lower is not None and ends.lower - 1e-9 <= truth <= (ends.upper or 0.0) + 1e-9


if __name__ == "__main__":
    for each in CELLS:
        print(line(each, rates(each, each.replicates), each.replicates), flush=True)
