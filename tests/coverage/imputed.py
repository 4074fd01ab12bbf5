"""Covariates that LLMs impute: coverage and bias, beside treating what the LLM says as if it were observed.

    python -m tests.coverage.imputed [replicates, default 400]

y = x / 2 + noise, both of variance 1; an LLM says .8 x + .6 noise of x and .8 y + .6 noise of y. n humans have x (and
y), 10 n units do not. ``both``: neither x nor y of the others is known; ``x only``: their y is; ``one of two``: a
second LLM says y alone. ``as observed`` puts the LLM's x where the others have none.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from service.calibration.answer import EstimateBlock
from service.calibration.calibrate import calibrate
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan

CASES = ("both", "x only", "one of two")
MODEL = Model(("x",))
PLANS = {
    "correlation": Plan(estimand="correlation", estimator="regression", model=MODEL),
    "spearman": Plan(estimand="plug_in", statistic="spearman", estimator="regression", model=MODEL),
    "linear": Plan(estimand="linear", estimator="regression", model=MODEL),
}
TRUTHS = {"correlation": 0.5, "spearman": 6.0 / np.pi * float(np.arcsin(0.25)), "linear": 0.5}
SIZES = (50, 200)


def study(case: str, n: int, rng: np.random.Generator) -> tuple[Table, Table]:
    """A study with an imputed covariate, and the same with what the LLM says in place of what was not observed."""
    x, noise, of_x, of_y = rng.normal(size=(4, 11 * n))
    y, human = 0.5 * x + np.sqrt(0.75) * noise, np.arange(11 * n) < n
    said_x, said_y = 0.8 * x + 0.6 * of_x, 0.8 * y + 0.6 * of_y
    shown = (("y", np.where(human, y, np.nan)),)
    imputed, answers = PredictionColumn(said_x, "gpt", covariate="x"), PredictionColumn(said_y, "gpt")
    if case == "x only":
        found = Table((("y", y),), (imputed,), human=tuple(human.tolist()))
        answers = PredictionColumn(y, "gpt")
    elif case == "both":
        found = Table(shown, (answers, imputed))
    else:
        found = Table(shown, (answers, PredictionColumn(0.5 * y + rng.normal(size=11 * n), "small"), imputed))
    naive = Table(shown, (answers,), covariates=(("x", np.where(human, x, said_x)),))
    return replace(found, covariates=(("x", np.where(human, x, np.nan)),)), naive


def last(data: Table, plan: Plan) -> EstimateBlock:
    """The estimate of the covariate."""
    return calibrate(from_table(data, "error", Reading(None, plan.model)), plan).estimates[-1]


def cell(name: str, case: str, n: int, replicates: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coverage, bias and standard deviation: calibrated, humans alone, imputed values as if observed."""
    rng, covered, values = np.random.default_rng([n, CASES.index(case)]), np.zeros(3), np.empty((replicates, 3))
    for k in range(replicates):
        own, naive = (last(data, PLANS[name]) for data in study(case, n, rng))
        results = (own.result, own.human_only, naive.result)
        covered += [r.interval.lower <= TRUTHS[name] <= r.interval.upper for r in results]
        values[k] = [r.estimate for r in results]
    return covered / replicates, values.mean(axis=0) - TRUTHS[name], values.std(axis=0)


def main() -> None:
    """Print the table."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("| estimand | case | n | coverage: calibrated, humans, as observed | bias | sd |\n|---|---|---|---|---|---|")
    for name in PLANS:
        for case in CASES:
            for n in SIZES:
                covered, bias, sd = cell(name, case, n, replicates)
                columns = (" ".join(f"{v:.3f}" for v in covered), " ".join(f"{v:+.3f}" for v in bias))
                print(f"| {name} | {case} | {n} | {' | '.join(columns)} | {sd[0] / sd[1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
