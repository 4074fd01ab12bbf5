"""The command that fills the coverage tables.

    python -m tests.coverage.simulate --replicates 20000 --workers 2 --out tests/coverage/results.jsonl
    python -m tests.coverage.simulate --twin-arms --replicates 2000 --workers 2 --out tests/coverage/twin_arms.jsonl
    python -m tests.coverage.simulate --departures --workers 2

Small samples come first. A cell that stands in the file with as many replicates is skipped, so the command can be
stopped and started again; rows whose first intervals the present code no longer gives are thrown away and made anew.
The rows do not depend on the number of workers. Every worker uses one BLAS thread.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.coverage import twin_arms
from tests.coverage.cells import CELLS
from tests.coverage.departures import DEPARTURES
from tests.coverage.tally import PROBE, SEED, Batch, Study, batches, rows, run, tally, total

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.jsonl"
TWIN_ARMS = FOLDER / "twin_arms.jsonl"
DEPARTED = FOLDER / "departures.jsonl"
REPLICATES = 20_000
DRAWS = 2_000
SAME = 1e-9
Replicates = Callable[[Study], int]


def read(path: Path) -> list[dict]:
    """The rows of a results file; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(path: Path, found: Sequence[dict]) -> None:
    """Replace a results file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in found))


def rows_of(study: Study, found: Sequence[dict]) -> list[dict]:
    """The rows of one study."""
    name = study.identity().items()
    return [row for row in found if name <= row.items()]


def is_current(study: Study, found: Sequence[dict]) -> bool:
    """Whether the present code still gives the first intervals of these rows, and the same estimators."""
    now = {name: t.probe / PROBE for name, t in tally(study, PROBE).items()}
    then = {row["estimator"]: row["probe_width"] for row in found if row["seed"] == SEED}
    return now.keys() == then.keys() and all(abs(now[name] - then[name]) <= SAME * now[name] for name in now)


def is_finished(study: Study, found: Sequence[dict], replicates: int) -> bool:
    """Whether these rows need not be made again."""
    whole = all(row["replicates"] + row.get("refused", 0) == replicates for row in found)
    return bool(found) and whole and is_current(study, found)


def commit_of_tree() -> str:
    """The commit that is checked out, with + where the core differs from it."""

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(FOLDER), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    changed = git("diff", "--quiet", "HEAD", "--", ":/service/calibration").returncode
    return git("rev-parse", "HEAD").stdout.strip() + ("+" if changed else "")


def simulate(studies: Sequence[Study], replicates: Replicates, workers: int) -> Iterator[tuple[Study, list[Batch]]]:
    """Every study with its batches, as soon as the last of them is done."""
    wanted = {study: batches(study, replicates(study)) for study in studies}
    todo = [batch for every in wanted.values() for batch in every]
    done: defaultdict[Study, list[Batch]] = defaultdict(list)
    for batch in _each(todo, workers):
        done[batch.study].append(batch)
        if len(done[batch.study]) == len(wanted[batch.study]):
            yield batch.study, done.pop(batch.study)


def _each(todo: Sequence[Batch], workers: int) -> Iterator[Batch]:
    if workers == 1:
        with threadpool_limits(1):
            yield from map(run, todo)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        yield from pool.imap_unordered(run, todo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Drop what is out of date, run what is missing and append one row per cell and estimator."""
    chosen = _parser().parse_args(arguments)
    everything, out, usual = _collection(chosen)
    out = chosen.out or out

    def replicates(study: Study) -> int:
        return int(chosen.replicates or getattr(study, "replicates", usual))

    wanted = tuple(study for study in everything if not chosen.sizes or getattr(study, "n", None) in chosen.sizes)
    found = {study: rows_of(study, read(out)) for study in everything}
    missing = [study for study in wanted if not is_finished(study, found[study], replicates(study))]
    write(out, [row for study in everything if study not in missing for row in found[study]])
    commit = commit_of_tree()
    for study, done in simulate(missing, replicates, chosen.workers):
        with out.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(study, total(done), replicates(study), commit))
        print(study, flush=True)
    final = read(out)
    write(out, [row for study in everything for row in rows_of(study, final)])


def _collection(chosen: argparse.Namespace) -> tuple[tuple[Study, ...], Path, int]:
    """The studies that were asked for, their results file and the usual number of replicates."""
    if chosen.twin_arms:
        return twin_arms.cases(), TWIN_ARMS, DRAWS
    if chosen.departures:
        return DEPARTURES, DEPARTED, REPLICATES
    return CELLS, RESULTS, REPLICATES


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Coverage of the product's intervals over simulated studies.")
    parser.add_argument("--replicates", type=int, help=f"per cell; {REPLICATES}, or {DRAWS} draws of twin arms")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="results file, one JSON object a line")
    parser.add_argument("--twin-arms", action="store_true", help="resample the published studies instead")
    parser.add_argument("--departures", action="store_true", help="the cells that depart from the Gaussian centre")
    parser.add_argument("--sizes", type=int, nargs="*", help="only these numbers of humans per arm")
    return parser


if __name__ == "__main__":
    main()
