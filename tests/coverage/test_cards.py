from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.checks import CHECKS
from service.calibration.diagnostics.diagnose import diagnose
from tests.coverage.cards import CEILING, CELLS, CONTROL, line, rate, rejected

FEW = {True: 500, False: 12}
LEAST = {"shift 0.3 SD": 0.85, "shift 0.6 SD": 0.99}
PUBLISHED = Path("docs/diagnostics.md").read_text()


def published(cell) -> tuple[float, float]:
    """Rate and Monte Carlo error in the docs."""
    (row,) = [text for text in PUBLISHED.splitlines() if text.startswith(f"| {cell.name} |")]
    share, error = row.split("|")[2:4]
    return float(share), float(error)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_published_rates_keep_the_promise(cell) -> None:
    share, error = published(cell)
    least = next((v for name, v in LEAST.items() if cell.name.startswith(name)), None)
    if least is not None:
        assert share >= least
    else:
        assert share <= 0.05 + 3 * error


@pytest.mark.parametrize("cell", CELLS[:4], ids=lambda cell: cell.name)
def test_a_few_studies_agree_with_the_published_rates(cell) -> None:
    few, (share, _) = FEW[cell.alone], published(cell)
    assert abs(rate(cell, few, seed=1) - share) <= 3 * sqrt(max(share * (1 - share), 1 / few) / few)


def test_every_check_has_a_say_in_the_cards_of_all_checks() -> None:
    """Between them the two studies make every check testable."""
    generator, told = np.random.default_rng(5), set()
    for cell in [cell for cell in CELLS if cell.checks is None]:
        settings = Settings(negative_controls=(CONTROL,), test_retest=CEILING)
        found = diagnose(cell.make(generator), settings, cell.checks)
        told |= {f.name for f in found.findings if f.status != "not_testable"}
    assert told == {check.name for check in CHECKS}


def test_where_hotellings_test_rejects_the_whole_card_sounds() -> None:
    generator = np.random.default_rng(4)
    studies = [CELLS[1].make(generator) for _ in range(8)]
    found_alone = [rejected(study, 0) for study in studies]
    found = [diagnose(study, Settings()).findings[0] for study in studies]
    assert [f.status != "pass" for f, r in zip(found, found_alone, strict=True) if r] == [True] * sum(found_alone)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_rates_are_those_published(cell) -> None:
    """The error of their difference is that of one rate behind both: of few alarms a rate alone tells little."""
    (share, _), replicates = published(cell), cell.replicates // 2
    again = rate(cell, replicates, seed=2)
    pooled = max((share * cell.replicates + again * replicates) / (cell.replicates + replicates), 1 / replicates)
    error = sqrt(pooled * (1 - pooled) * (1 / cell.replicates + 1 / replicates))
    assert abs(again - share) <= 3 * error, line(cell, again, replicates)
