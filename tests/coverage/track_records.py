"""Coverage of both intervals of a track record, through their own functions; the table of docs/track_records.md.

    python -m tests.coverage.track_records [replicates, default 2000]

T past studies and a new one: true LLM effects N(0, .2^2), true human effects .02 + .6 (true LLM effect) + noise of SD
tau (normal; or t with 3 degrees of freedom, scaled to that SD), human standard errors se times exp(U(-.7, .7)), LLM
effects measured with standard error error. The new study's true human effect is covered or not, level .95.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from service.calibration.track_records.conformal import conformal, studies_needed
from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.prediction import random_effects
from service.calibration.track_records.record import NewEffect, TrackRecord, effects, split_of
from service.calibration.track_records.sampling import sampling

LEVEL, SPREAD, SLOPE, INTERCEPT = 0.95, 0.2, 0.6, 0.02


class Cell(NamedTuple):
    """A world of studies."""

    studies: int
    tau: float = 0.1
    se: float = 0.05
    error: float = 0.01
    heavy: bool = False


SIZES = (5, 8, 10, 20, 40, 80)
CELLS = [
    *(Cell(t) for t in SIZES),
    *(Cell(t, tau=0.05, se=0.1) for t in SIZES),
    *(Cell(t, tau=0.0) for t in SIZES),
    *(Cell(t, error=0.15) for t in SIZES),
    *(Cell(t, heavy=True) for t in SIZES),
]


class Covered(NamedTuple):
    """Shares of new studies covered (NaN without interval), and mean lengths."""

    conformal: float
    random_effects: float
    conformal_length: float
    random_effects_length: float


def simulated(cell: Cell, rng: np.random.Generator) -> tuple[TrackRecord, float]:
    """A record, and the true human effect of its new study."""
    t = cell.studies
    llm = rng.normal(0, SPREAD, t + 1)
    noise = rng.standard_t(3, t + 1) / np.sqrt(3) if cell.heavy else rng.normal(size=t + 1)
    human = INTERCEPT + SLOPE * llm + cell.tau * noise
    errors = cell.se * np.exp(rng.uniform(-0.7, 0.7, t))
    seen = human[:t] + errors * rng.normal(size=t)
    measured = llm + cell.error * rng.normal(size=t + 1)
    record = TrackRecord(
        names=tuple(map(str, range(t))),
        human=effects(seen, errors),
        llm=effects(measured[:t], np.full(t, cell.error)),
        covariance=None,
        new=NewEffect("new", float(measured[t]), cell.error),
        confidence_level=LEVEL,
        error_split=split_of(LEVEL),
    )
    return record, float(human[t])


def coverage(cell: Cell, replicates: int, seed: int = 0) -> Covered:
    """Both intervals on records of one world."""
    rng = np.random.default_rng([seed, *(int(1000 * v) for v in cell)])
    enough = cell.studies >= studies_needed(split_of(LEVEL)[2])
    found = np.full((replicates, 4), np.nan)
    for row in found:
        record, truth = simulated(cell, rng)
        line = random_effects(record, sampling(record), llm_effects(record.llm)).interval
        tasks = conformal(record).interval if enough else None
        for i, interval in enumerate((tasks, line)):
            if interval is not None:
                row[[i, i + 2]] = interval.lower <= truth <= interval.upper, interval.upper - interval.lower
    return Covered(*map(float, found.mean(axis=0)))


def line_of(cell: Cell, replicates: int) -> str:
    """A row of the table."""
    got = coverage(cell, replicates)
    tasks = "-" if np.isnan(got.conformal) else f"{got.conformal:.3f} ({got.conformal_length:.2f})"
    world = f"{cell.studies} | {cell.tau:g}{' heavy' if cell.heavy else ''} | {cell.se:g} | {cell.error:g}"
    return f"| {world} | {tasks} | {got.random_effects:.3f} ({got.random_effects_length:.2f}) |"


def main(replicates: int) -> None:
    """Print the table."""
    print("| studies | tau | human SE | LLM SE | conformal (length) | random effects (length) |")
    print("|---|---|---|---|---|---|")
    for cell in CELLS:
        print(line_of(cell, replicates), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 2000)
