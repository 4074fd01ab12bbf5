"""What the human-equivalent size k* of an LLM guarantees for the next question, by the check's own functions.

`python -m tests.coverage.human_equivalent_sizes` prints the table of docs/diagnostics.md.

A study has m questions drawn alike and independently, n humans and ANSWERS LLM answers to each. Normal answers: SD 1;
yes or no: shares between .1 and .9. The LLM's mean is off by a normal error of SD ``wrong``. M(k) is the
share of NEW questions whose human mean the interval of k answers misses, T(k) the share whose truth it misses.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, pi, sqrt

import numpy as np
from scipy.special import betaincinv

from service.calibration.diagnostics.checks.human_equivalent_size import Question, equivalent_size, misses

LEVEL, ANSWERS, NEW, STUDIES = 0.95, 300, 10_000, 400
RARELY = 0.05
Floats = np.ndarray


@dataclass(frozen=True, slots=True)
class Cell:
    """A world of questions."""

    questions: int
    wrong: float
    humans: int = 100
    yes_or_no: bool = False

    @property
    def name(self) -> str:
        return f"{self.questions} | {'yes or no' if self.yes_or_no else 'normal'} | {self.humans} | {self.wrong:g}"


CELLS = (
    *(Cell(m, wrong) for wrong in (0.0, 0.1, 0.3) for m in (40, 100, 400)),
    *(Cell(100, wrong, yes_or_no=True) for wrong in (0.0, 0.1)),
    *(Cell(100, wrong, humans=1_000) for wrong in (0.0, 0.1)),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Over studies: mean k*; shares with M(k*) above ``bound``, with k* below n; mean of M(k*) and of T(k*)."""

    size: float
    bound: float
    above: float
    below_humans: float
    missed: float
    truth_missed: float


def drawn(cell: Cell, count: int, rng: np.random.Generator) -> tuple[list[Question], list[Question]]:
    """Questions with their human means, and the same with the truth in place of them."""
    off = cell.wrong * rng.normal(size=count)
    if cell.yes_or_no:
        truth = rng.uniform(0.1, 0.9, count)
        human = rng.binomial(cell.humans, truth) / cell.humans
        said = (rng.random((count, ANSWERS)) < np.clip(truth + off, 0.02, 0.98)[:, None]).astype(np.float64)
    else:
        truth = rng.normal(size=count)
        human = truth + rng.normal(size=count) / sqrt(cell.humans)
        said = (truth + off)[:, None] + rng.normal(size=(count, ANSWERS))
    made = [[Question(float(y), cell.humans, f) for y, f in zip(means, said, strict=True)] for means in (human, truth)]
    return made[0], made[1]


def bound(questions: int) -> float:
    """The largest t with P(Binomial(m, t) <= m a/2) >= RARELY."""
    allowed = floor(questions * (1.0 - LEVEL) / 2.0 + 1e-9)
    return float(betaincinv(allowed + 1.0, questions - allowed, 1.0 - RARELY))


def average_bound(questions: int) -> float:
    """What the truth of the next question is missed by at most, on average over studies."""
    return 1.0 - LEVEL + sqrt(pi / (2.0 * questions))


def seen(cell: Cell, studies: int, new: int = NEW, seed: int = 0) -> Seen:
    """Studies of one world; M and T by ``new`` further questions."""
    rng = np.random.default_rng([seed, CELLS.index(cell)])
    m, t = (misses(questions, LEVEL) for questions in drawn(cell, new, rng))
    found = np.array([equivalent_size(drawn(cell, cell.questions, rng)[0], LEVEL)[0] for _ in range(studies)])
    limit, own, true = bound(cell.questions), m[found - 1], t[found - 1]
    shares = (float((own > limit).mean()), float((found < cell.humans).mean()))
    return Seen(float(found.mean()), limit, *shares, float(own.mean()), float(true.mean()))


def line(cell: Cell, got: Seen, studies: int) -> str:
    """A row of the table; the error is that of the share above the bound."""
    error = sqrt(max(got.above * (1.0 - got.above), 1.0 / studies) / studies)
    shares = f"{got.bound:.3f} | {got.above:.3f} ± {error:.3f} | {got.truth_missed:.3f} | "
    return f"| {cell.name} | {got.size:.0f} | {shares}{average_bound(cell.questions):.3f} | {got.below_humans:.2f} |"


if __name__ == "__main__":
    for each in CELLS:
        print(line(each, seen(each, STUDIES), STUDIES), flush=True)
