"""Human-equivalent sizes miss new questions as seldom as is published: a small version, and by --full every cell."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from tests.coverage.human_equivalent_sizes import CELLS, RARELY, STUDIES, average_bound, bound, line, seen

PUBLISHED = Path("docs/diagnostics.md").read_text()
ERRORS = 3.0


def row(cell) -> list[str]:
    """The published row."""
    (found,) = [text for text in PUBLISHED.splitlines() if text.startswith(f"| {cell.name} |")]
    return [part.strip() for part in found.strip("|").split("|")]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_published_rates_keep_the_promise(cell) -> None:
    limit, above, truth, most = row(cell)[5:9]
    share, error = map(float, above.split(" ± "))
    assert share <= RARELY + ERRORS * error
    assert float(truth) <= float(most) == pytest.approx(average_bound(cell.questions), abs=0.0006)
    assert float(limit) == pytest.approx(bound(cell.questions), abs=0.0006)


@pytest.mark.parametrize("cell", [CELLS[3], CELLS[9]], ids=lambda cell: cell.name)
def test_few_studies_keep_it_too(cell) -> None:
    found = seen(cell, 100, new=2_000, seed=1)
    assert found.above <= RARELY + ERRORS * sqrt(RARELY * (1.0 - RARELY) / 100)
    assert found.truth_missed <= found.missed * 2.0 + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_committed_row_is_what_the_command_gives(cell) -> None:
    assert line(cell, seen(cell, STUDIES), STUDIES) in PUBLISHED
