from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from tests.coverage.ranking import CELLS, LEVEL, REPLICATES, line, rates

PUBLISHED = Path("docs/model_selection.md").read_text().split("## Which model is best?")[1]
FEW = 15


def published(cell) -> list[float]:
    """Said to be beyond noise by fidelity and by variance, Monte Carlo error, mean and coverage of the score."""
    (row,) = [text for text in PUBLISHED.splitlines() if text.startswith(f"| {cell.name} |")]
    return [float(value) for value in row.split("|")[2:7]]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_equal_models_are_seldom_told_apart_and_scores_do_not_flatter(cell) -> None:
    fidelity, variance, error, mean, covers = published(cell)
    if cell.good != 1:
        assert max(fidelity, variance) <= 1.0 - LEVEL + 3 * max(error, 0.004)
    assert mean <= cell.rho
    if cell.rho:
        assert covers >= 0.93


@pytest.mark.parametrize("cell", [CELLS[0], CELLS[-3]], ids=lambda cell: cell.name)
def test_a_few_studies_agree_with_the_published_rates(cell) -> None:
    share, found = published(cell)[0], rates(cell, FEW, seed=1)
    assert abs(found.fidelity - share) <= 3 * sqrt(max(share * (1 - share), 1 / FEW) / FEW)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_rates_are_those_published(cell) -> None:
    (share, _, error, *_), replicates = published(cell), REPLICATES // 4
    again = rates(cell, replicates, seed=2)
    both = sqrt(error**2 + max(share * (1 - share), 1 / replicates) / replicates)
    assert abs(again.fidelity - share) <= 3 * both, line(cell, again, replicates)
