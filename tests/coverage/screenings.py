"""Weighted screening: error rate and discoveries with a worthless, a weak and a good LLM, by the product itself.

    python -m tests.coverage.screenings --draws 300 --out tests/coverage/screenings.jsonl

Human effects of a share of hypotheses are N(0, EFFECT^2), else 0; a study of one hypothesis has standard error ERROR.
LLM effects are EXAGGERATION times too large and correlate with the human ones by 0, 0.5 or 0.85. The calibration is
stated alike for all of them, so it is about right for a good LLM only. Human estimates share a part CORRELATION of
their variance in dependent cells. Effects and LLM are drawn ``draws`` times, the humans STUDIES times for each of them;
Monte Carlo errors are those of the means over draws.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from service.calibration.screenings.expectation import EffectCalibration, LlmEffects, expectation
from service.calibration.screenings.question import Hypotheses, Question, Weighting
from service.calibration.screenings.rejections import adjusted
from service.calibration.screenings.screening import resolved, screen, two_sided_p_values
from service.calibration.screenings.weights import Multiplicity, Rule, weights
from tests.coverage.simulate import commit_of_tree, read
from tests.coverage.tally import SEED

RESULTS = Path(__file__).parent / "screenings.jsonl"
EFFECT, ERROR, EXAGGERATION, RATE = 0.35, 2.0 / sqrt(200.0), 2.5, 0.05
CALIBRATION = EffectCalibration(slope=0.4, residual_sd=0.1)
LLMS = {"worthless": 0.0, "weak": 0.5, "good": 0.85}
LEARNING, LARGE = 200, 2000  # hypotheses where cross-weights are tried; where draws are a tenth
STUDIES, CROSSED = 20, 2  # of the same effects; of them with cross-weights
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
    *(Cell("worthless", count, 0.0) for count in (20, 200, 2000)),
    *(Cell(llm, count, share) for llm in LLMS for count in (20, 200, 2000) for share in (0.1, 0.5)),
    *(Cell("worthless", 200, share, 0.5) for share in (0.0, 0.1)),
    Cell("good", 200, 0.1, 0.5),
)


def drawn(cell: Cell, rng: np.random.Generator) -> tuple[np.ndarray, LlmEffects]:
    """Human effects (J,), 0 where there is none, and what an LLM says of them."""
    count, rho = cell.hypotheses, LLMS[cell.llm]
    effect = np.where(rng.random(count) < cell.share, rng.normal(0.0, EFFECT, count), 0.0)
    size = EFFECT * sqrt(cell.share or 0.1)
    llm = EXAGGERATION * (rho * effect + sqrt(1.0 - rho**2) * size * rng.standard_normal(count))
    return effect, LlmEffects(llm, np.full(count, 0.02))


def studied(cell: Cell, effect: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """P-values (J,) of one study of every hypothesis."""
    shared = rng.standard_normal() * sqrt(cell.correlation)
    noise = shared + sqrt(1.0 - cell.correlation) * rng.standard_normal(effect.size)
    return two_sided_p_values(effect + ERROR * noise, np.full(effect.size, ERROR))


def asked(way: str, procedure: Multiplicity) -> Question:
    return Question(multiplicity=procedure, error_rate=RATE, calibration=CALIBRATION, weighting=WAYS[way])


def screened(llm: LlmEffects, p_values: np.ndarray, question: Question) -> np.ndarray:
    """Which hypotheses the product rejects."""
    names = tuple(map(str, range(p_values.size)))
    return np.array([one.rejected for one in screen(Hypotheses(names, llm, p_values), question).hypotheses])


def rejecting(llm: LlmEffects, question: Question) -> Callable[[np.ndarray], np.ndarray]:
    """The same with weights that are made once, because they do not depend on the humans (a test compares)."""
    if question.weighting.method == "cross_weighted":
        return lambda p_values: screened(llm, p_values, question)
    applied = resolved(llm, question)
    expected = expectation(llm, applied.calibration, applied.planned_standard_error)
    found = weights(expected, Rule(applied.multiplicity, applied.error_rate, applied.least_weight))
    return lambda p_values: adjusted(p_values, found, applied.multiplicity) <= applied.error_rate


def row(cell: Cell, draws: int, commit: str) -> dict:
    """One cell: for every procedure and way false discovery proportion, any false, share of effects found."""
    rng = np.random.default_rng([SEED, CELLS.index(cell), 32])
    ways = [way for way in WAYS if way != "cross_weighted" or cell.hypotheses == LEARNING]
    seen: dict[tuple[Multiplicity, str], list[np.ndarray]] = {(p, w): [] for p in PROCEDURES for w in ways}
    for _ in range(draws):
        effect, llm = drawn(cell, rng)
        studies = [studied(cell, effect, rng) for _ in range(STUDIES)]
        for (procedure, way), values in seen.items():
            reject = rejecting(llm, asked(way, procedure))
            count = CROSSED if way == "cross_weighted" else STUDIES
            values.append(np.mean([_judged(reject(p), effect != 0.0) for p in studies[:count]], axis=0))
    results = {f"{p} {w}": _told(np.array(values)) for (p, w), values in seen.items()}
    told = {"cell": cell.name, "draws": draws, "studies": STUDIES, "crossed": CROSSED, "seed": SEED, "commit": commit}
    return told | {"results": results}


def _judged(rejected: np.ndarray, true: np.ndarray) -> tuple[float, float, float]:
    false = float((rejected & ~true).sum())
    found = float((rejected & true).sum()) / true.sum() if true.any() else np.nan
    return false / max(1.0, float(rejected.sum())), float(false > 0), found


def _told(values: np.ndarray) -> dict:
    """Means over draws and their Monte Carlo errors; power over draws with effects."""
    told = {}
    for name, column in zip(("fdr", "fwer", "power"), values.T, strict=True):
        kept = column[~np.isnan(column)]
        told[name] = float(kept.mean()) if kept.size else None
        told[f"{name}_mc_error"] = float(kept.std(ddof=1) / sqrt(kept.size)) if kept.size > 1 else None
    return told


def missing(out: Path) -> Iterator[Cell]:
    """The cells without a row."""
    done = {found["cell"] for found in read(out)} if out.exists() else set()
    return (cell for cell in CELLS if cell.name not in done)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    for cell in missing(given.out):
        found = row(cell, given.draws if cell.hypotheses < LARGE else given.draws // 10, commit_of_tree())
        with given.out.open("a") as out:
            out.write(json.dumps(found) + "\n")
        print(cell.name, flush=True)


if __name__ == "__main__":
    main()
