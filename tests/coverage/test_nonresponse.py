"""Missing at random is recovered where complete cases are biased: a small version, and by --full every cell."""

from __future__ import annotations

from math import sqrt

import pytest

from tests.calibration.nonresponse import Asked
from tests.coverage.nonresponse import CELLS, Cell, line, seen

SMALL = 120


def test_missing_at_random_is_recovered_where_complete_cases_are_biased() -> None:
    """Bias within 3.5 of its Monte Carlo errors, coverage not below .95 by more than 3; complete cases miss."""
    cell = Cell("one population", Asked(200))
    found = seen(cell, SMALL)
    assert found.refused == 0
    assert abs(found.bias) < 3.5 * found.spread / sqrt(SMALL)
    assert found.coverage > 0.95 - 3.0 * found.mc_error
    assert found.complete_bias > 0.3
    assert found.complete_coverage < 0.5
    assert line(cell, found).startswith("| one population | 200 | regression | ")


def test_what_is_not_at_random_is_not_recovered() -> None:
    assert seen(Cell("not at random", Asked(200, own=True)), 20).bias > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_cells(cell: Cell) -> None:
    found = seen(cell, 600)
    if cell.asked.own:
        assert found.coverage < 0.5
        return
    floor = 0.92 if cell.estimator == "human_only" or cell.asked.n == 100 else 0.94
    assert found.coverage > floor - 3.0 * found.mc_error
    assert found.complete_coverage < found.coverage
