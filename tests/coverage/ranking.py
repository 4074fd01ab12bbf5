"""How often /v1/diagnostics says that models differ beyond noise, and how often the scores' intervals cover.

`python -m tests.coverage.ranking` prints the table of docs/model_selection.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.diagnostics.fidelity_scores import fidelity_scores
from service.calibration.estimate import Frame, human_only
from service.calibration.model_scores import scores, squares
from service.calibration.model_selection import selection
from tests.coverage.model_selection import Cell, draw

LEVEL, REPLICATES, ONE = 0.95, 500, np.ones(1)
CELLS = (
    Cell(40, 2, 2, 0.5),
    Cell(100, 2, 2, 0.5),
    Cell(40, 5, 5, 0.5),
    Cell(100, 5, 5, 0.5),
    Cell(40, 5, 0, 0.0),
    Cell(100, 5, 0, 0.0),
    Cell(100, 20, 20, 0.5),
    Cell(100, 5, 1, 0.5),
    Cell(200, 5, 1, 0.5),
    Cell(200, 20, 1, 0.5),
)


@dataclass(frozen=True)
class Rates:
    """Shares of studies: some model is beyond noise behind another by each score; coverage and mean of fidelity.

    ``fidelity`` and ``variance`` count, of cells with one good model, that it is first and all others are beyond noise.
    """

    fidelity: float
    variance: float
    covers: float
    mean: float


def rates(cell: Cell, replicates: int, seed: int = 0) -> Rates:
    """The shares over studies drawn by a seed; coverage and mean are of the last model, which is good where any is."""
    rng = np.random.default_rng([seed, CELLS.index(cell)])
    counts = np.zeros(4)
    for _ in range(replicates):
        frame = Frame(draw(cell, rng), "exchangeability")
        models = frame.sample.models
        chosen = selection(frame, limited=False, seed=0)
        own = {m: squares(chosen.of_model(m), ONE, "super") for m in models}
        by_variance = scores(own, squares(human_only(frame), ONE, "super"), LEVEL)
        by_fidelity = fidelity_scores(frame, chosen.folds, models, LEVEL)
        last = by_fidelity[models[-1]]
        behind = [s.to_best.beyond_noise for s in by_fidelity.values() if s.to_best]
        behind_variance = [s.to_best.beyond_noise for s in by_variance if s.to_best]
        if cell.good == 1:
            told = last.to_best is None and all(behind)
            told_variance = by_variance[0].model == models[-1] and all(behind_variance)
        else:
            told, told_variance = any(behind), any(behind_variance)
        counts += [told, told_variance, last.lower <= cell.rho <= last.upper, last.correlation]
    return Rates(*(counts / replicates).tolist())


def line(cell: Cell, found: Rates, replicates: int) -> str:
    """A row of the table."""
    error = sqrt(max(found.fidelity * (1 - found.fidelity), 1 / replicates) / replicates)
    return (
        f"| {cell.name} | {found.fidelity:.4f} | {found.variance:.4f} | {error:.4f} | {found.mean:.3f} | "
        f"{found.covers:.4f} | {replicates} |"
    )


if __name__ == "__main__":
    for each in CELLS:
        print(line(each, rates(each, REPLICATES), REPLICATES), flush=True)
