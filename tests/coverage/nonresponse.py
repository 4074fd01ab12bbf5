"""Coverage where people who were asked did not answer, through ``calibrate``: the table of docs/missing_answers.md.

    python -m tests.coverage.nonresponse 4000

A row per cell: bias and coverage of the estimate under response propensities, and of complete cases (the same
estimator on those who answered), with the Monte Carlo error of a coverage of .95. Refused: studies too small for a
propensity.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.calibrate import calibrate
from service.calibration.errors import NotIdentified
from service.calibration.plan import EstimatorName, Plan
from tests.calibration.nonresponse import Asked, sample


@dataclass(frozen=True)
class Cell:
    """A kind of study and the estimator it is analysed with."""

    name: str
    asked: Asked
    estimator: EstimatorName = "regression"


CELLS = (
    Cell("one population", Asked(300)),
    Cell("100 asked", Asked(100)),
    Cell("1,000 asked", Asked(1000)),
    Cell("answering hardly depends", Asked(300, strength=0.2)),
    Cell("answering depends strongly", Asked(300, strength=1.6)),
    Cell("survey weights", Asked(300, weights=True)),
    Cell("and 900 LLM-only units", Asked(300, llm_only=900)),
    Cell("outcome not linear", Asked(300, strength=0.6, curved=True)),
    Cell("propensities alone", Asked(300), "human_only"),
    Cell("propensities alone, 1,000 asked", Asked(1000), "human_only"),
    Cell("twins, two arms", Asked(300, arms=2)),
    Cell("twins, 1,000 asked", Asked(1000, arms=2)),
    Cell("estimator auto", Asked(300, arms=2), "auto"),
    Cell("not at random", Asked(300, own=True)),
)


@dataclass(frozen=True)
class Seen:
    """What a cell's studies came to: replicates analysed and refused, bias and coverage of both analyses."""

    analysed: int
    refused: int
    bias: float
    coverage: float
    complete_bias: float
    complete_coverage: float
    spread: float
    error: float

    @property
    def mc_error(self) -> float:
        """Monte Carlo error of a coverage of .95."""
        return sqrt(0.95 * 0.05 / self.analysed)


def seen(cell: Cell, replicates: int, first: int = 0) -> Seen:
    """A cell's studies, seeds ``first`` onwards."""
    rows, refused, truth = [], 0, cell.asked.truth
    plan = Plan(estimator=cell.estimator, control=None if cell.asked.arms == 1 else "control")
    for seed in range(first, first + replicates):
        try:
            answer = calibrate(sample(cell.asked, seed), plan)
        except NotIdentified:
            refused += 1
            continue
        assert answer.missing_answers is not None
        ours, complete = answer.estimates[0].result, answer.missing_answers.estimates[0].complete_case
        covers = [r.interval.lower <= truth <= r.interval.upper for r in (ours, complete)]  # type: ignore[operator]  # two-sided
        rows.append((ours.estimate - truth, covers[0], complete.estimate - truth, covers[1], ours.standard_error))
    found = np.array(rows, dtype=float)
    means = found.mean(axis=0).tolist()
    return Seen(len(rows), refused, *means[:4], float(found[:, 0].std(ddof=1)), means[4])


def line(cell: Cell, found: Seen) -> str:
    """The cell's row of the table."""
    numbers = f"{found.bias:+.3f} | {found.coverage:.3f} | {found.complete_bias:+.3f} | {found.complete_coverage:.3f}"
    size = f"{cell.asked.n} | {cell.estimator}"
    return f"| {cell.name} | {size} | {numbers} | {found.spread:.3f} | {found.error:.3f} | {found.refused} |"


if __name__ == "__main__":
    COUNT = int(sys.argv[1])
    COLUMNS = "bias | coverage | bias, complete | coverage, complete | sd | mean se | refused"
    print(f"| studies | asked | estimator | {COLUMNS} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for each in CELLS:
        print(line(each, seen(each, COUNT)), flush=True)
