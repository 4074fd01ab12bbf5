"""Weighted screening holds its error rate whatever the LLM is worth, and finds more with a good one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.coverage.screenings import (
    CELLS,
    PROCEDURES,
    RATE,
    RESULTS,
    Cell,
    asked,
    drawn,
    rejecting,
    row,
    screened,
    studied,
)
from tests.coverage.screenings_table import NAMES, tables
from tests.coverage.simulate import read

PAGE = Path("docs/screenings.md")
ERRORS = 3.0


@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("way", ["unweighted", "fixed"])
def test_weights_made_once_reject_what_the_product_rejects(procedure, way) -> None:
    cell, rng = Cell("good", 40, 0.5), np.random.default_rng(3)
    for _ in range(5):
        effect, llm = drawn(cell, rng)
        p_values = studied(cell, effect, rng)
        question = asked(way, procedure)
        assert np.array_equal(rejecting(llm, question)(p_values), screened(llm, p_values, question))


def test_a_worthless_llm_keeps_the_error_rate_and_a_good_one_finds_more() -> None:
    """A small simulation that can fail: 20 draws of 20 studies; the full one is committed."""
    worthless, good = (row(CELLS[i], 20, "")["results"] for i in (_of("worthless", 20, 0.0), _of("good", 20, 0.1)))
    for procedure in PROCEDURES:
        for way in ("unweighted", "fixed"):
            found = worthless[f"{procedure} {way}"]
            assert found["fwer"] <= RATE + ERRORS * found["fwer_mc_error"]
            assert found["fwer"] >= RATE - 4 * found["fwer_mc_error"]
        gain = good[f"{procedure} fixed"]["power"] - good[f"{procedure} unweighted"]["power"]
        assert gain > 0.0


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_committed_row_is_what_the_command_gives(cell) -> None:
    committed = next(found for found in read(RESULTS) if found["cell"] == cell.name)
    again = row(cell, committed["draws"], committed["commit"])
    for name, result in committed["results"].items():
        close = {key: value if value is None else pytest.approx(value, rel=1e-9) for key, value in result.items()}
        assert again["results"][name] == close


def test_committed_error_rates_are_at_most_the_level() -> None:
    """Within Monte Carlo error, correlated hypotheses included."""
    assert {found["cell"] for found in read(RESULTS)} == {cell.name for cell in CELLS}
    for found in read(RESULTS):
        for name, result in found["results"].items():
            key = NAMES[name.split()[0]][1]
            assert result[key] <= RATE + ERRORS * (result[f"{key}_mc_error"] or 0.0), (found["cell"], name)


def test_committed_discoveries_are_more_with_a_good_llm_and_few_less_with_a_worthless_one() -> None:
    for found in read(RESULTS):
        llm, _, share, _ = found["cell"].split("-")
        for procedure in PROCEDURES:
            plain, fixed = (found["results"][f"{procedure} {way}"]["power"] for way in ("unweighted", "fixed"))
            if share == "0":
                continue
            if llm == "good":
                assert fixed > plain
            if llm == "worthless":
                assert fixed > 0.85 * plain


def test_the_page_has_the_tables_of_the_results() -> None:
    assert tables() in PAGE.read_text()


def _of(llm: str, hypotheses: int, share: float) -> int:
    return CELLS.index(Cell(llm, hypotheses, share))


def gains(llm: str, share: float) -> tuple[int, int]:
    """Least and largest change of what is found, in per cent, over procedures, sizes and dependence."""
    found = {row["cell"]: row["results"] for row in read(RESULTS)}
    powers = [
        (found[cell.name][f"{procedure} fixed"]["power"], found[cell.name][f"{procedure} unweighted"]["power"])
        for cell in CELLS
        if (cell.llm, cell.share) == (llm, share)
        for procedure in PROCEDURES
    ]
    changes = sorted(round(100 * (fixed / unweighted - 1)) for fixed, unweighted in powers)
    return changes[0], changes[-1]


def test_the_sentence_about_gains_is_that_of_the_tables() -> None:
    page = " ".join(PAGE.read_text().split())
    good, weak, half = gains("good", 0.1), gains("weak", 0.1), gains("good", 0.5)
    told = f"a good LLM finds {good[0]} to {good[1]} % more, a weak one {weak[0]} to {weak[1]} %"
    assert told in page
    assert f"where half of them are, {half[0]} to {half[1]} % and about nothing" in page
    assert all(abs(change) <= 3 for change in gains("weak", 0.5))
    costs = [-change for share in (0.1, 0.5) for change in gains("worthless", share)]
    assert f"A worthless LLM costs {min(costs)} to {max(costs)} % of the discoveries." in page
