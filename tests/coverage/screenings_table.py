"""The tables of docs/screenings.md, written from the results file.

python -m tests.coverage.screenings_table
"""

from __future__ import annotations

from tests.coverage.screenings import CELLS, LLMS, RESULTS, Cell
from tests.coverage.simulate import read

NAMES = {"benjamini_hochberg": ("FDR", "fdr"), "holm": ("FWER", "fwer")}
WAYS = ("unweighted", "fixed", "cross_weighted")


def tables() -> str:
    """A table per procedure."""
    found = {row["cell"]: row["results"] for row in read(RESULTS)}
    return "\n".join(_table(procedure, found) for procedure in NAMES)


def _table(procedure: str, found: dict[str, dict]) -> str:
    rate, key = NAMES[procedure]
    names = [f"{what} {way}" for what in (rate, "found") for way in ("unweighted", "fixed", "cross-weighted")]
    columns = " | ".join(["LLM", "hypotheses", "true effects", *names])
    head = [f"`{procedure}` at 0.05:", "", f"| {columns} |", "|---" * 9 + "|"]
    return "\n".join([*head, *(_line(cell, procedure, key, found[cell.name]) for cell in CELLS), ""])


def _line(cell: Cell, procedure: str, key: str, results: dict) -> str:
    ways = [results.get(f"{procedure} {way}") for way in WAYS]
    rates = [_told(way, key, digits=3) for way in ways]
    powers = [_told(way, "power", digits=3) for way in ways]
    depends = f", correlated {cell.correlation:g}" if cell.correlation else ""
    llm = f"{cell.llm} ({LLMS[cell.llm]:g})"
    return f"| {llm} | {cell.hypotheses}{depends} | {cell.share:.0%} | {' | '.join([*rates, *powers])} |"


def _told(result: dict | None, key: str, digits: int) -> str:
    if result is None or result[key] is None:
        return "-"
    return f"{result[key]:.{digits}f} ± {result[f'{key}_mc_error']:.{digits}f}"


if __name__ == "__main__":
    print(tables())
