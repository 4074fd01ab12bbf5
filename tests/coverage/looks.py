"""Confidence sequences: the share of studies whose interval contains the truth at every one of 5,000 looks.

    python -m tests.coverage.looks --replicates 1000 --out tests/coverage/looks.jsonl

Humans arrive one at a time, each with LLM_ONLY new LLM-only units; the first look is at FIRST humans. The whole path of
estimates is computed by cumulative sums (moments form); a test holds it to the product's own answer at single looks.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from scipy.special import ndtr, stdtrit

from service.calibration.intervals.confidence_sequence import RHO_SQUARED
from service.calibration.moments import FloatArray
from tests.coverage import departure_populations as populations
from tests.coverage.simulate import commit_of_tree
from tests.coverage.tally import SEED

FIRST, LOOKS, REPLICATES = 30, 5_000, 1_000
LLM_ONLY = 5
LEVEL = 0.95
LOOKED = Path(__file__).parent / "looks.jsonl"
KINDS: tuple[tuple[str, Callable[[FloatArray], FloatArray], float], ...] = (
    ("gaussian", lambda latent: latent, 0.0),
    ("likert", populations.likert, populations.likert_mean()),
    ("binary", populations.binary(0.3), 0.3),
    ("lognormal", populations.lognormal, populations.lognormal_mean()),
)


@dataclass(frozen=True, slots=True)
class Course:
    """Estimate, standard error and df at every look, each (looks,)."""

    estimate: FloatArray
    error: FloatArray
    df: FloatArray


def arrivals(rng: np.random.Generator, seen: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, ...]:
    """Outcomes and predictions of humans (n,), predictions of LLM-only units (LLM_ONLY n,)."""
    n = FIRST + LOOKS - 1
    y, f = populations.pair(rng, (n,))
    return seen(y), seen(f), seen(rng.standard_normal(LLM_ONLY * n))


def human_only(y: FloatArray) -> Course:
    """The mean of the first n humans, n = FIRST, FIRST + 1, .."""
    n = np.arange(1, y.size + 1)[FIRST - 1 :]
    mean, scatter = _cumulative(y, y)
    return Course(mean[FIRST - 1 :], np.sqrt(scatter[FIRST - 1 :] / (n - 1) / n), n - 1.0)


def regression(y: FloatArray, f: FloatArray, only: FloatArray) -> Course:
    """Regression calibration of the mean on one column, in the moments form, at the same looks."""
    keep = slice(FIRST - 1, None)
    n = np.arange(1, y.size + 1)[keep].astype(float)
    m = LLM_ONLY * n
    (ybar, syy), (fbar, sff), sfy = _cumulative(y, y), _cumulative(f, f), _cumulative(f, y)[1]
    gbar, sgg = (part[LLM_ONLY * FIRST - 1 :: LLM_ONLY] for part in _cumulative(only, only))
    ybar, syy, fbar, sff, sfy = (part[keep] for part in (ybar, syy, fbar, sff, sfy))
    size = n + m
    reference = (n * fbar + m * gbar) / size
    spread = (sff + sgg + n * m / size * (fbar - gbar) ** 2) / (size - 1)
    slope = sfy / sff
    s2 = (syy - slope * sfy) / (n - 2)
    gap = reference - fbar
    human, noise = s2 * (1 / n + gap**2 / sff), s2 / sff
    pool = np.maximum(slope**2 * spread - spread * noise, 0.0) / size
    variance = human + pool
    bottom = human**2 / (n - 2) + pool**2 / (size - 1) + 2 * slope**2 * spread**2 * noise / size**2
    return Course(ybar + slope * gap, np.sqrt(variance), np.maximum(variance**2 / bottom, n - 2))


def _cumulative(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Running means of a and running sums of (a - abar)(b - bbar)."""
    n = np.arange(1, a.size + 1)
    shifted_a, shifted_b = a - a.mean(), b - b.mean()
    sum_a, sum_b = np.cumsum(shifted_a), np.cumsum(shifted_b)
    return a.mean() + sum_a / n, np.cumsum(shifted_a * shifted_b) - sum_a * sum_b / n


def reach(path: Course) -> FloatArray:
    """Half the width of the two-sided confidence sequence at every look."""
    v = RHO_SQUARED * np.arange(FIRST, FIRST + path.estimate.size)
    tail = (1.0 - LEVEL) / 2.0
    z = np.sqrt(2.0 * (v + 1.0) / v * np.log1p(np.sqrt(v + 1.0) / (2.0 * tail)))
    return -stdtrit(path.df, ndtr(-z)) * path.error


def rows(replicates: int, commit: str) -> list[dict]:
    """One row per kind of outcome and estimator."""
    found = []
    for index, (kind, seen, truth) in enumerate(KINDS):
        always = {"human_only": 0, "regression": 0}
        last = dict(always)
        rng = np.random.default_rng([SEED, index, 77])
        for _ in range(replicates):
            y, f, only = arrivals(rng, seen)
            for name, path in (("human_only", human_only(y)), ("regression", regression(y, f, only))):
                inside = np.abs(path.estimate - truth) <= reach(path)
                always[name] += bool(inside.all())
                last[name] += bool(inside[-1])
        found += [
            {
                "kind": kind,
                "estimator": name,
                "first": FIRST,
                "looks": LOOKS,
                "coverage": always[name] / replicates,
                "coverage_mc_error": sqrt(always[name] / replicates * (1 - always[name] / replicates) / replicates),
                "coverage_at_the_last": last[name] / replicates,
                "replicates": replicates,
                "seed": SEED,
                "commit": commit,
            }
            for name in always
        ]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the rows."""
    parser = argparse.ArgumentParser(description="Uniform coverage of confidence sequences.")
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--out", type=Path, default=LOOKED)
    chosen = parser.parse_args(arguments)
    chosen.out.write_text("".join(json.dumps(row) + "\n" for row in rows(chosen.replicates, commit_of_tree())))


if __name__ == "__main__":
    main()
