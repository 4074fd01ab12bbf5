from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from tests.coverage.structure import CELLS, LEVEL, line, rates

PUBLISHED = Path("docs/diagnostics.md").read_text()
BY_NAME = {cell.name: cell for cell in CELLS}
FEW = 25


def published(cell) -> list[float]:
    """Rejections, Monte Carlo error, coverage of the typical and of the largest gap in the docs."""
    (row,) = [text for text in PUBLISHED.splitlines() if text.startswith(f"| {cell.name} |")]
    return [float(value) for value in row.split("|")[2:6]]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_published_rates_keep_the_promise(cell) -> None:
    rejected, error, rms, largest = published(cell)
    if cell.human == cell.llm:
        assert rejected <= 1.0 - LEVEL + 3 * max(error, 0.003)
    else:
        assert rejected >= 0.6
    if cell.n >= 50:
        assert min(rms, largest) >= LEVEL - 0.02


@pytest.mark.parametrize("name", ["pairs, n = 50", "pairs, n = 120, LLM at .5"])
def test_a_few_studies_agree_with_the_published_rates(name) -> None:
    cell = BY_NAME[name]
    share, found = published(cell)[0], rates(cell, FEW, seed=1)
    assert abs(found.rejected - share) <= 3 * sqrt(max(share * (1 - share), 1 / FEW) / FEW)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_rates_are_those_published(cell) -> None:
    (share, error, *_), replicates = published(cell), cell.replicates // 4
    again = rates(cell, replicates, seed=2)
    both = sqrt(error**2 + max(share * (1 - share), 1 / replicates) / replicates)
    assert abs(again.rejected - share) <= 3 * both, line(cell, again, replicates)
