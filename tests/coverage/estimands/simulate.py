"""The command that fills the coverage grid of the estimands.

    python -m tests.coverage.estimands.simulate --workers 2
    python -m tests.coverage.estimands.simulate --only 'linear, ' --replicates 200 --out trial.jsonl

A cell that stands in the file with as many replicates, and whose first intervals the present code still gives, is
skipped: the command can be stopped and started again. Rows do not depend on the number of workers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.coverage.estimands.cell import Cell
from tests.coverage.estimands.grid import GRID
from tests.coverage.estimands.rows import identity, is_current, rows
from tests.coverage.simulate import commit_of_tree, read, write

RESULTS = Path(__file__).parent / "rows.jsonl"


def rows_of(cell: Cell, found: Sequence[dict]) -> list[dict]:
    """The rows of one cell."""
    name = identity(cell).items()
    return [row for row in found if name <= row.items()]


def is_finished(cell: Cell, found: Sequence[dict], replicates: int) -> bool:
    """Whether these rows need not be made again."""
    return bool(found) and all(row["replicates"] == replicates for row in found) and is_current(cell, found)


def simulated(task: tuple[int, int, str]) -> tuple[int, list[dict], float]:
    """The rows of the cell at a place of the grid, and the seconds they took."""
    place, replicates, commit = task
    began, cell = time.process_time(), GRID[place]
    made = rows(cell, [cell.replicate(i) for i in range(replicates)], commit)
    return place, made, time.process_time() - began


def _each(tasks: Sequence[tuple[int, int, str]], workers: int) -> Iterator[tuple[int, list[dict], float]]:
    if workers == 1:
        with threadpool_limits(1):
            yield from map(simulated, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        yield from pool.imap_unordered(simulated, tasks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Drop what is out of date, run what is missing and append the rows of every cell."""
    chosen = _parser().parse_args(arguments)
    out, before = chosen.out, read(chosen.out)
    commit, tasks, kept = commit_of_tree(), [], []
    for place, cell in enumerate(GRID):
        mine, replicates = rows_of(cell, before), chosen.replicates or cell.replicates
        if chosen.only in cell.name and not is_finished(cell, mine, replicates):
            tasks.append((place, replicates, commit))
        else:
            kept += mine
    write(out, kept)
    for place, made, seconds in _each(tasks, chosen.workers):
        with out.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in made)
        worst = min((row["coverage"] for row in made), default=None)
        print(f"{GRID[place].name}: {worst}, {seconds:.0f} s", flush=True)
    final = read(out)
    write(out, [row for cell in GRID for row in rows_of(cell, final)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Coverage of the product's intervals for every estimand.")
    parser.add_argument("--replicates", type=int, help="per cell; each cell's own by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="cells whose name contains this")
    parser.add_argument("--out", type=Path, default=RESULTS, help="results file, one JSON object a line")
    return parser


if __name__ == "__main__":
    main()
