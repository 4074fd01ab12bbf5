"""Coverage of named plug-in statistics, through calibrate(); the table of decisions/0017 is what this prints.

    python -m tests.coverage.plug_ins [replicates, default 1200] [statistic ..]

n humans and 10 n LLM-only units (per arm where arms are compared), an LLM whose latent answer correlates .7 with the
person's. Populations: normal; skewed (log-normal, sigma .5); likert (five answers, shares .1 .2 .3 .25 .15); spearman
of normal pairs with Pearson's rho as named; ratios of the two risks that are named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy import stats

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan

SIZES = (20, 50, 200)
QUALITY, LEFT = 0.7, np.sqrt(0.51)
SHARES, VALUES = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.arange(1.0, 6.0)
CUTS = stats.norm.ppf(np.cumsum(SHARES)[:-1])
KINDS = {
    "variance": ("normal", "skewed", "likert"),
    "gini": ("normal", "skewed", "likert"),
    "spearman": ("0", ".5", ".9"),
    "standardized_mean_difference": ("normal", "skewed"),
    "risk_ratio": (".2,.4", ".5,.6"),
    "odds_ratio": (".2,.4", ".5,.6"),
}
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]


def answers(kind: str, units: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What people and the LLM answer."""
    z = rng.normal(size=(2, units))
    said = QUALITY * z[0] + LEFT * z[1]
    if kind == "normal":
        return 10 + z[0], 10 + 0.8 * said
    if kind == "skewed":
        return np.exp(0.5 * z[0]), np.exp(0.4 * said)
    return np.searchsorted(CUTS, z[0]) + 1.0, np.searchsorted(CUTS, said) + 1.0


def spread(kind: str) -> float:
    """The variance of people's answers."""
    likert = float(SHARES @ VALUES**2 - (SHARES @ VALUES) ** 2)
    return {"normal": 1.0, "skewed": float((np.exp(0.25) - 1.0) * np.exp(0.25)), "likert": likert}[kind]


def inequality(kind: str) -> float:
    """The Gini index of people's answers."""
    pairs = float((np.outer(SHARES, SHARES) * np.abs(VALUES[:, None] - VALUES)).sum())
    normal, skewed = 1.0 / (10.0 * np.sqrt(np.pi)), 2.0 * float(stats.norm.cdf(0.5 / np.sqrt(2.0))) - 1.0
    return {"normal": normal, "skewed": skewed, "likert": pairs / 2.0 / float(SHARES @ VALUES)}[kind]


def of_one(kind: str, n: int, rng: np.random.Generator) -> Drawn:
    return (*answers(kind, 11 * n, rng), None, None)


def of_pairs(kind: str, n: int, rng: np.random.Generator) -> Drawn:
    rho, z = float(kind), rng.normal(size=(3, 11 * n))
    y = rho * z[0] + np.sqrt(1.0 - rho**2) * z[1]
    return y, QUALITY * y + LEFT * z[2], z[0], None


def of_arms(kind: str, n: int, rng: np.random.Generator) -> Drawn:
    arm = np.arange(22 * n) % 2
    y, f = answers(kind, 22 * n, rng)
    effect = 0.5 * np.sqrt(spread(kind)) * arm
    return y + effect, f + QUALITY * effect, None, arm


def of_events(kind: str, n: int, rng: np.random.Generator) -> Drawn:
    arm, z = np.arange(22 * n) % 2, rng.normal(size=(2, 22 * n))
    said = QUALITY * z[0] + LEFT * z[1]
    cut = stats.norm.ppf(risks(kind))[arm]
    return (z[0] < cut).astype(float), stats.norm.cdf((cut - QUALITY * said) / 0.7), None, arm


def risks(kind: str) -> np.ndarray:
    return np.array([float(p) for p in kind.split(",")])


def odds(p: np.ndarray) -> np.ndarray:
    return p / (1.0 - p)


DRAWS: dict[str, Callable[[str, int, np.random.Generator], Drawn]] = {
    "variance": of_one,
    "gini": of_one,
    "spearman": of_pairs,
    "standardized_mean_difference": of_arms,
    "risk_ratio": of_events,
    "odds_ratio": of_events,
}
TRUTHS: dict[str, Callable[[str], float]] = {
    "variance": spread,
    "gini": inequality,
    "spearman": lambda kind: 6.0 / np.pi * float(np.arcsin(float(kind) / 2.0)),
    "standardized_mean_difference": lambda _kind: 0.5,
    "risk_ratio": lambda kind: float(risks(kind)[1] / risks(kind)[0]),
    "odds_ratio": lambda kind: float(odds(risks(kind))[1] / odds(risks(kind))[0]),
}


def table(drawn: Drawn, n: int) -> Table:
    y, f, x, arm = drawn
    human = np.arange(y.size) < (n if arm is None else 2 * n)
    return Table(
        (("y", np.where(human, y, np.nan)),),
        (PredictionColumn(f, "gpt"),),
        arm=None if arm is None else Labels(arm, ("c", "t")),
        prediction_design=None if arm is None else "independent",
        covariates=() if x is None else (("x", x),),
    )


def cell(statistic: str, kind: str, n: int, replicates: int) -> str:
    """Coverage of the calibrated and the human-only interval, share of refusals and of warned answers."""
    rng, truth = np.random.default_rng([n, len(kind), 7]), TRUTHS[statistic](kind)
    model = Model(("x",) if statistic == "spearman" else ())
    plan = Plan(estimand="plug_in", statistic=statistic, model=model, estimator="regression")
    covered, refused, warned = np.zeros(2), 0, 0
    for _ in range(replicates):
        data = table(DRAWS[statistic](kind, n, rng), n)
        try:
            answer = calibrate(from_table(data, "error", Reading(None, model)), plan)
        except CalibrationError:
            refused += 1
            continue
        warned += "long_tails" in {w.code for w in answer.warnings}
        found = answer.estimates[0]
        ends = [r.interval for r in (found.result, found.human_only)]
        covered += [end.lower <= truth <= end.upper for end in ends]
    used = replicates - refused
    shown = " | ".join(f"{c / used:.3f}" for c in covered)
    return f"| {statistic} | {kind} | {n} | {shown} | {refused} | {warned / used:.2f} |"


def main() -> None:
    """Print the table."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    print(
        "| statistic | population | n | calibrated | human-only | refused | long_tails |\n|---|---|---|---|---|---|---|"
    )
    for statistic in sys.argv[2:] or KINDS:
        for kind in KINDS[statistic]:
            for n in SIZES:
                print(cell(statistic, kind, n, replicates), flush=True)


if __name__ == "__main__":
    main()
