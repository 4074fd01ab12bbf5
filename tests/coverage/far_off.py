"""Coverage beside LLM answers that are far from all others, by whether the warning was given; prints a line per study.

python -m tests.coverage.far_off
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan

LLM_ONLY = 300
LIKERT = 3.0  # the mean of five answers that are symmetric about 3
Study = Callable[[np.random.Generator], Table]


def table(y: np.ndarray, said: np.ndarray, n: int) -> Table:
    """Humans first, then LLM-only units."""
    return Table((("y", np.where(np.arange(y.size) < n, y, np.nan)),), (PredictionColumn(said),))


def coded(n: int, share: float, code: float) -> Study:
    """Answers from 1 to 5 of which an LLM tells about half, a share of its own in place of which stands a code."""

    def draw(rng: np.random.Generator) -> Table:
        latent, noise = rng.normal(size=(2, n + LLM_ONLY))
        y, said = (np.clip(np.round(3.0 + v), 1.0, 5.0) for v in (latent, 0.7 * latent + 0.7 * noise))
        return table(y, np.where(rng.random(n + LLM_ONLY) < share, code, said), n)

    return draw


def long_tailed(n: int, spread: float) -> Study:
    """An outcome with mean ``LIKERT`` whose LLM answers are log-normal."""

    def draw(rng: np.random.Generator) -> Table:
        latent, noise = rng.normal(size=(2, n + LLM_ONLY))
        return table(LIKERT + latent + 0.5 * noise, np.exp(spread * latent), n)

    return draw


STUDIES: dict[str, Study] = {
    "none far off, 60": coded(60, 0.0, 99.0),
    "1 % coded 99, 60": coded(60, 0.01, 99.0),
    "3 % coded 99, 60": coded(60, 0.03, 99.0),
    "3 % coded 99, 30": coded(30, 0.03, 99.0),
    "8 % coded 99, 60": coded(60, 0.08, 99.0),
    "3 % coded -9, 60": coded(60, 0.03, -9.0),
    "2 % are 1e6, 50": coded(50, 0.02, 1e6),
    "log-normal, sd 1, 30": long_tailed(30, 1.0),
    "log-normal, sd 2, 30": long_tailed(30, 2.0),
}


def covered(study: Study, replicates: int) -> dict[bool, list[bool]]:
    """Whether the interval covers, by whether ``outlying_predictions`` was said."""
    rng, found = np.random.default_rng(3), {True: [], False: []}
    for _ in range(replicates):
        try:
            answer = calibrate(from_table(study(rng), "error", Reading(None, None)), Plan())
        except CalibrationError:
            continue
        interval = answer.estimates[0].result.interval
        said = any(w.code == "outlying_predictions" for w in answer.warnings)
        found[said].append(interval.lower <= LIKERT <= interval.upper)
    return found


def main() -> None:
    """Every study."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for name, study in STUDIES.items():
        found = covered(study, replicates)
        told = {what: f"{np.mean(v):.3f} ({len(v)})" if v else "-" for what, v in found.items()}
        print(f"{name}: {np.mean(found[True] + found[False]):.3f} | {told[True]} | {told[False]}", flush=True)


if __name__ == "__main__":
    main()
