"""What docs/model_selection.md publishes of the choice of a model: intervals cover, where the naive choice does not."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from tests.coverage.model_selection import CELLS, PLANS, read, run, table

NOMINAL = 0.95


def error(replicates: int, share: float = NOMINAL) -> float:
    return sqrt(share * (1.0 - share) / replicates)


def row(cell):
    (found,) = [each for each in read() if each["cell"] == cell.name]
    return found


def test_the_page_shows_the_rows() -> None:
    assert table(read()) in Path("docs/model_selection.md").read_text()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_plans_cover_at_no_less_than_nominal_minus_monte_carlo_error(cell) -> None:
    found = row(cell)
    for way in PLANS:
        assert found["coverage"][way] is None or found["coverage"][way] >= NOMINAL - 3.0 * error(found["replicates"])


def test_the_naive_choice_does_not_cover() -> None:
    worst = min((row(cell) for cell in CELLS), key=lambda each: each["coverage"]["naive"])
    assert worst["coverage"]["naive"] < NOMINAL - 10.0 * error(worst["replicates"])


@pytest.mark.parametrize("cell", [CELLS[0], CELLS[-5]], ids=lambda cell: cell.name)
def test_a_few_studies_agree_with_the_published_rates(cell) -> None:
    published, again = row(cell), run(cell, 60, seed=1)
    for way, share in published["coverage"].items():
        if share is None:
            assert again["coverage"][way] is None
        else:
            assert abs(again["coverage"][way] - share) <= 3.0 * error(60, share) + 0.5 / 60
