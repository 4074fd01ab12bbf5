"""Transport: where effects differ, the transported interval covers the target's effect, the untransported does not."""

from __future__ import annotations

from math import sqrt

import pytest

from tests.coverage.transport import CELLS, Cell, row


def short(replicates: int) -> float:
    """Three Monte Carlo errors below .95."""
    return 0.95 - 3.0 * sqrt(0.95 * 0.05 / replicates)


def test_a_few_studies() -> None:
    found = row(Cell(120, 240), 80)
    assert found["calibrated covers"] >= short(80)
    assert found["humans covers"] >= short(80)
    assert found["unweighted covers"] < 0.3
    assert abs(found["calibrated bias"]) < 3.0 * found["sd"] / sqrt(80)
    assert found["unweighted bias"] < -0.35


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_every_cell(cell: Cell) -> None:
    found = row(cell, 1000)
    assert found["calibrated covers"] >= short(1000)
    assert found["humans covers"] >= short(1000)
    assert found["unweighted covers"] < 0.4
    assert abs(found["calibrated bias"]) < 4.0 * found["sd"] / sqrt(1000 - found["refused"])
