"""Coefficients that have no closed form, from seeded populations, into truths.json: choices with tastes, strata.

    python -m tests.coverage.estimands.truths

CHUNKS x RESPONDENTS choosers with 4 sets each; the standard error is that of the mean over chunks. Of strata, the
fit to two million people.
"""

from __future__ import annotations

import json
from math import sqrt

import numpy as np

from service.calibration.estimands import conditional_logit
from service.calibration.influence import Design
from tests.coverage import stratified_coefficients
from tests.coverage.estimands.profiles import ALTERNATIVES, CHOSEN, TRUTHS, Choosing
from tests.coverage.tally import SEED

CHUNKS, RESPONDENTS = 40, 10_000


def coefficients(rng: np.random.Generator, *, rare: bool, respondents: int = RESPONDENTS) -> np.ndarray:
    """The human fit to one chunk of the population."""
    x, _, _, chosen = Choosing(respondents, only=0, rare=rare).sets(rng)
    rows = np.concatenate((np.ones((1, chosen.size)), x))
    design = Design(rows, ("intercept", *CHOSEN.terms), ("",) * 3, np.arange(chosen.size) // ALTERNATIVES)
    return conditional_logit.fit(chosen[None] + 0.0, design, np.ones(chosen.size)).theta


def main() -> None:
    """Write the means over chunks and their standard errors."""
    found = {}
    for rare in (False, True):
        rng = np.random.default_rng([SEED, 13, rare])
        every = np.array([coefficients(rng, rare=rare) for _ in range(CHUNKS)])
        error = every.std(axis=0, ddof=1) / sqrt(CHUNKS)
        found["rare" if rare else "common"] = {
            "coefficients": every.mean(axis=0).tolist(),
            "standard_errors": error.tolist(),
            "sets": CHUNKS * RESPONDENTS * 4,
        }
    for kind in ("linear", "logistic"):
        terms = stratified_coefficients.truth(kind).tolist()
        found[f"strata, {kind}"] = {"coefficients": terms, "people": 2_000_000}
    TRUTHS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
