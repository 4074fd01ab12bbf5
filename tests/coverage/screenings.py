"""Weighted screening: error rate and discoveries with a worthless, a weak and a good LLM, by the product itself.

    python -m tests.coverage.screenings --replicates 2000 --out tests/coverage/screenings.jsonl

Human effects of a share of hypotheses are N(0, EFFECT^2), else 0; a study of one hypothesis has standard error ERROR.
LLM effects are EXAGGERATION times too large and correlate with the human ones by 0, 0.5 or 0.85. The calibration is
stated alike for all of them, so it is right for a good LLM only. Human estimates share a part CORRELATION of their
variance in dependent cells.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from service.calibration.screenings.expectation import EffectCalibration, LlmEffects
from service.calibration.screenings.question import Hypotheses, Question, Weighting
from service.calibration.screenings.screening import screen, two_sided_p_values
from service.calibration.screenings.weights import Multiplicity
from tests.coverage.simulate import commit_of_tree, read
from tests.coverage.tally import SEED

RESULTS = Path(__file__).parent / "screenings.jsonl"
EFFECT, ERROR, EXAGGERATION, RATE = 0.35, 2.0 / sqrt(200.0), 2.5, 0.05
CALIBRATION = EffectCalibration(slope=0.4, residual_sd=0.1)
LLMS = {"worthless": 0.0, "weak": 0.5, "good": 0.85}
WAYS = {
    "unweighted": Weighting(least_weight=1.0, planned_standard_error=ERROR),
    "fixed": Weighting(planned_standard_error=ERROR),
    "cross_weighted": Weighting(method="cross_weighted", planned_standard_error=ERROR),
}
PROCEDURES: tuple[Multiplicity, ...] = ("benjamini_hochberg", "holm")


@dataclass(frozen=True, slots=True)
class Cell:
    """One population: the LLM, hypotheses, share of true effects, correlation of human estimates."""

    llm: str
    hypotheses: int
    share: float
    correlation: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.llm}-{self.hypotheses}-{self.share:g}-{self.correlation:g}"


CELLS = (
    *(Cell(llm, count, share) for llm in LLMS for count in (20, 200, 2000) for share in (0.0, 0.1, 0.5)),
    *(Cell(llm, 200, share, 0.5) for llm in ("worthless", "good") for share in (0.0, 0.1)),
)


def drawn(cell: Cell, rng: np.random.Generator) -> tuple[Hypotheses, np.ndarray]:
    """Hypotheses of one replicate, and which of them are effects."""
    count = cell.hypotheses
    true = rng.random(count) < cell.share
    effect = np.where(true, rng.normal(0.0, EFFECT, count), 0.0)
    rho = LLMS[cell.llm]
    size = EFFECT * sqrt(cell.share or 0.1)
    llm = EXAGGERATION * (rho * effect + sqrt(1.0 - rho**2) * size * rng.standard_normal(count))
    shared = rng.standard_normal() * sqrt(cell.correlation)
    estimate = effect + ERROR * (shared + sqrt(1.0 - cell.correlation) * rng.standard_normal(count))
    p_values = two_sided_p_values(estimate, np.full(count, ERROR))
    return Hypotheses(tuple(map(str, range(count))), LlmEffects(llm, np.full(count, 0.02)), p_values), true


def judged(hypotheses: Hypotheses, way: Weighting, multiplicity: Multiplicity) -> np.ndarray:
    """Which hypotheses the product rejects."""
    asked = Question(multiplicity=multiplicity, error_rate=RATE, calibration=CALIBRATION, weighting=way)
    return np.array([one.rejected for one in screen(hypotheses, asked).hypotheses])


def row(cell: Cell, replicates: int, commit: str, ways: Sequence[str] = tuple(WAYS)) -> dict:
    """One cell: for every procedure and way false discovery proportion, any false, share of effects found."""
    rng = np.random.default_rng([SEED, list(CELLS).index(cell), 32])
    seen: dict[tuple[str, str], list[tuple[float, float, float]]] = {(p, w): [] for p in PROCEDURES for w in ways}
    for _ in range(replicates):
        hypotheses, true = drawn(cell, rng)
        for (procedure, way), values in seen.items():
            rejected = judged(hypotheses, WAYS[way], procedure)
            false = float((rejected & ~true).sum())
            found = (rejected & true).sum() / true.sum() if true.any() else np.nan
            values.append((false / max(1.0, rejected.sum()), float(false > 0), float(found)))
    results = {f"{p} {w}": _told(np.array(values)) for (p, w), values in seen.items()}
    return {"cell": cell.name, "replicates": replicates, "seed": SEED, "commit": commit, "results": results}


def _told(values: np.ndarray) -> dict:
    error = values[:, :2].std(axis=0, ddof=1) / sqrt(len(values))
    power = values[~np.isnan(values[:, 2]), 2]
    return {
        "fdr": values[:, 0].mean(),
        "fdr_mc_error": error[0],
        "fwer": values[:, 1].mean(),
        "fwer_mc_error": error[1],
        "power": power.mean() if power.size else None,
    }


def missing(out: Path) -> Iterator[Cell]:
    """The cells without a row."""
    done = {found["cell"] for found in read(out)} if out.exists() else set()
    return (cell for cell in CELLS if cell.name not in done)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    for cell in missing(asked.out):
        replicates = asked.replicates if cell.hypotheses < 2000 else max(1, asked.replicates // 5)
        with asked.out.open("a") as out:
            out.write(json.dumps(row(cell, replicates, commit_of_tree())) + "\n")
        print(cell.name, flush=True)


if __name__ == "__main__":
    main()
