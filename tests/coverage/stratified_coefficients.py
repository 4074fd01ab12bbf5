"""Coverage of coefficients from stratified samples, through ``calibrate``; prints a line by cell and coefficient.

    python -m tests.coverage.stratified_coefficients 2000

Four strata whose intercepts and slopes differ; humans and LLM-only units are drawn from the population as it is (no
shares stated) or equally many of each stratum with the shares stated. The truth is the model fitted to two million
people in the population's shares. With clusters, five of a stratum's people share a taste, which the LLM knows in part.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.generalized_linear import LINEAR, LOGISTIC, fit
from service.calibration.influence import Design
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan

STRATA = ("north", "east", "south", "west")
SHARES = np.array([0.4, 0.3, 0.2, 0.1])
LEVEL, SLOPE = np.array([-0.8, -0.2, 0.4, 1.2]), np.array([0.1, 0.3, 0.5, 0.9])
MODEL = Model(("x", "d"))
NAMES = ("intercept", "x", "d")
TIMES = 8  # LLM-only units per human


@dataclass(frozen=True)
class Cell:
    """A model, the number of humans, whether strata are sampled equally with stated shares, people per cluster."""

    kind: str
    n: int
    stated: bool
    together: int = 1


CELLS = (
    *(Cell(kind, n, stated) for kind in ("linear", "logistic") for n in (60, 200) for stated in (False, True)),
    *(Cell("linear", 200, stated, 5) for stated in (False, True)),
)


def people(kind: str, strata: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Terms (2, N), outcomes and what an LLM says of people of these strata."""
    size = strata.shape[0]
    x, d = rng.normal(size=size) + 0.5 * LEVEL[strata], rng.integers(0, 2, size).astype(float)
    eta, common = LEVEL[strata] + SLOPE[strata] * x + 0.6 * d, rng.normal(size=size)
    if kind == "linear":
        y = eta + 0.8 * common + (0.4 + 0.3 * np.abs(x)) * rng.normal(size=size)
        return np.stack((x, d)), y, 0.5 + 0.6 * eta + common + 0.5 * rng.normal(size=size)
    y = (rng.random(size) < 1.0 / (1.0 + np.exp(-eta - common))).astype(float)
    said = 1.0 / (1.0 + np.exp(-(0.7 * eta + 1.3 * common + 0.5 * rng.normal(size=size))))
    return np.stack((x, d)), y, said


def truth(kind: str) -> np.ndarray:
    """The coefficients of two million people in the population's shares."""
    rng = np.random.default_rng(1)
    strata = np.repeat(np.arange(4), (2_000_000 * SHARES).astype(int))
    terms, y, _ = people(kind, strata, rng)
    design = Design(np.concatenate((np.ones((1, y.size)), terms)), NAMES)
    return fit(LINEAR if kind == "linear" else LOGISTIC, y[None], design, np.ones(y.size)).theta


def study(cell: Cell, rng: np.random.Generator) -> Table:
    """One sample of a cell: n humans, then ``TIMES`` as many LLM-only units."""
    if cell.stated:
        counts = np.full(4, cell.n // 4)
        strata = np.concatenate((np.repeat(np.arange(4), counts), np.repeat(np.arange(4), TIMES * counts)))
    else:
        people_of = rng.choice(4, (1 + TIMES) * cell.n // cell.together, p=SHARES)
        strata = np.repeat(people_of, cell.together)
    terms, y, said = people(cell.kind, strata, rng)
    cluster = np.arange(y.size) // cell.together
    if cell.together > 1:
        taste = rng.normal(size=y.size)[cluster]
        y, said = y + 0.6 * taste, said + 0.4 * taste
    return Table(
        outcomes=(("y", np.where(np.arange(y.size) < cell.n, y, np.nan)),),
        predictions=(PredictionColumn(said),),
        covariates=(("x", terms[0]), ("d", terms[1])),
        survey=Survey(stratum=Labels(strata, STRATA), cluster=cluster.astype(float) if cell.together > 1 else None),
    )


def answered(cell: Cell, table: Table) -> Answer:
    """The answer to a cell's plan."""
    shares = dict(zip(STRATA, SHARES.tolist(), strict=True)) if cell.stated else None
    plan = Plan(estimand=cell.kind, estimator="regression", model=MODEL, stratum_shares=shares)  # type: ignore[arg-type]
    return calibrate(from_table(table, "error", Reading(None, MODEL)), plan)


def covered(cell: Cell, replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Whether intervals cover, calibrated and human-only (2, 3), as shares; mean width ratio (3,); how many counted."""
    target, rng = truth(cell.kind), np.random.default_rng(seed)
    hits, widths, counted = np.zeros((2, 3)), np.zeros(3), 0
    for _ in range(replicates):
        try:
            estimates = answered(cell, study(cell, rng)).estimates
        except CalibrationError:
            continue
        counted += 1
        for j, e in enumerate(estimates):
            for k, result in enumerate((e.result, e.human_only)):
                hits[k, j] += result.interval.lower <= target[j] <= result.interval.upper
            widths[j] += e.result.standard_error / e.human_only.standard_error
    return hits / counted, widths / counted, counted


def main() -> None:
    """Every cell with its own seed, or those named by number."""
    replicates, chosen = int(sys.argv[1]), [int(number) for number in sys.argv[2:]]
    for seed, cell in enumerate(CELLS):
        if chosen and seed not in chosen:
            continue
        hits, widths, counted = covered(cell, replicates, seed)
        error = sqrt(0.95 * 0.05 / counted)
        for j, name in enumerate(NAMES):
            told = f"{hits[0, j]:.3f} {hits[1, j]:.3f} (+- {error:.3f}) {widths[j]:.2f}"
            shares = "stated" if cell.stated else "own"
            print(cell.kind, cell.n, shares, f"by {cell.together}", name, told, counted, flush=True)


if __name__ == "__main__":
    main()
