"""How often the card of /v1/diagnostics sounds an alarm, through the service's own functions.

`python -m tests.coverage.cards` prints the table of docs/diagnostics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.error_rate import PRIMARY
from service.calibration.diagnostics.finding import Finding
from service.calibration.diagnostics.groups import of_sources, p_value
from service.calibration.diagnostics.layouts import of_arrays, of_table
from service.calibration.diagnostics.study import Study
from service.calibration.layouts.choices import ArmChoices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table

HUMANS, LLM_ONLY = 120, 1_200
LEVEL = 0.05
CONTROL, CEILING = "height", {"y": 0.95}
COUNTED = (
    "exchangeability",
    "randomization",
    "leakage",
    "fidelity_marginal",
    "fidelity_structural",
)  # those that warn by a test
Generator = np.random.Generator
Make = Callable[[Generator], Study]


@dataclass(frozen=True)
class Cell:
    """A kind of study; ``alone``: the first test of exchangeability is counted, else any alarm of the checks named."""

    name: str
    make: Make
    replicates: int
    alone: bool = False
    checks: tuple[str, ...] | None = COUNTED


def gaussian(shift: float) -> Make:
    """One population, one column that correlates at .6; the personas' answers are moved by ``shift`` SD."""

    def make(generator: Generator) -> Study:
        f = generator.normal(size=HUMANS)
        y = 0.6 * f + 0.8 * generator.normal(size=HUMANS)
        return of_arrays([ArmChoices("all", y, f, shift + generator.normal(size=LLM_ONLY))])

    return make


def likert(generator: Generator) -> Study:
    """One population, answers on five points, a fifth of LLM answers missing at random."""
    f = generator.normal(size=HUMANS)
    y = 0.6 * f + 0.8 * generator.normal(size=HUMANS)
    points = [np.clip(np.round(3 + 1.2 * v), 1, 5) for v in (y, f, generator.normal(size=LLM_ONLY))]
    missing = [points[0], *(np.where(generator.random(v.size) < 0.2, np.nan, v) for v in points[1:])]
    return of_arrays([ArmChoices("all", *missing)])


def twins(generator: Generator) -> Study:
    """Two arms, two LLMs asked under both, a covariate."""
    n, m = HUMANS, LLM_ONLY
    age = generator.normal(size=n + m)
    columns = [0.5 * age + generator.normal(size=n + m) for _ in range(4)]
    arm = np.where(np.arange(n + m) < n, generator.integers(0, 2, n + m), -1)
    own = np.where(arm == 0, columns[0] + columns[1], columns[2] + columns[3])
    y = np.where(arm < 0, np.nan, 0.5 * own + generator.normal(size=n + m))
    y = y * np.std(columns[0]) / np.nanstd(y)
    names = [("gpt", "a"), ("small", "a"), ("gpt", "b"), ("small", "b")]
    predictions = tuple(PredictionColumn(v, *name) for v, name in zip(columns, names, strict=True))
    return of_table(Table((("y", y),), predictions, Labels(arm, ("a", "b")), "shared", covariates=(("age", age),)))


def complete(generator: Generator) -> Study:
    """Twins for every check: an LLM's two draws, three subgroups, a covariate, an outcome that the arms cannot move."""
    n, m = 240, LLM_ONLY
    arm = np.where(np.arange(n + m) < n, generator.integers(0, 2, n + m), -1)
    age, predictions, outcomes = generator.normal(size=n + m), [], []
    for outcome, effect in (("y", 0.5), (CONTROL, 0.0)):
        person = 0.5 * age + sqrt(0.75) * generator.normal(size=n + m)
        y = person * sqrt(0.8) + sqrt(0.2) * generator.normal(size=n + m) + effect * (arm == 1)
        outcomes.append((outcome, np.where(arm < 0, np.nan, y)))
        for place, moved in (("a", 0.0), ("b", effect)):
            for draw in (0, 1):
                said = moved + person * sqrt(0.8) + sqrt(0.2) * generator.normal(size=n + m)
                predictions.append(PredictionColumn(said, "gpt", place, draw, outcome=outcome))
    groups = Labels(generator.integers(0, 3, n + m), ("north", "middle", "south"))
    arms, covariates = Labels(arm, ("a", "b")), (("age", age),)
    return of_table(Table(tuple(outcomes), tuple(predictions), arms, "shared", covariates, subgroup=groups))


def forty(generator: Generator) -> Study:
    """One population, forty outcomes of the same people, whose LLM answers are distributed like theirs."""
    n, m = HUMANS, 150
    mood, outcomes, predictions = generator.normal(size=n + m), [], []
    for j in range(40):
        known = 0.5 * mood + sqrt(0.75) * generator.normal(size=n + m)
        y, said = (sqrt(0.6) * known + sqrt(0.4) * generator.normal(size=n + m) for _ in range(2))
        outcomes.append((f"q{j}", np.where(np.arange(n + m) < n, y, np.nan)))
        predictions.append(PredictionColumn(said, outcome=f"q{j}"))
    return of_table(Table(tuple(outcomes), tuple(predictions)))


def survey(generator: Generator) -> Study:
    """One population, four items that correlate at .3 among people and among LLM answers, pairs at .6."""
    n, m = HUMANS, LLM_ONLY
    f = sqrt(0.3) * generator.normal(size=n + m) + sqrt(0.7) * generator.normal(size=(4, n + m))
    own = sqrt(0.3) * generator.normal(size=n + m) + sqrt(0.7) * generator.normal(size=(4, n + m))
    y = np.where(np.arange(n + m) < n, 0.6 * f + 0.8 * own, np.nan)
    outcomes = tuple((f"q{j}", row) for j, row in enumerate(y))
    return of_table(Table(outcomes, tuple(PredictionColumn(row, outcome=f"q{j}") for j, row in enumerate(f))))


CELLS = (
    *(Cell(f"shift {s} SD, Hotelling's test at its part", gaussian(s), 5_000, alone=True) for s in (0.0, 0.3, 0.6)),
    Cell("no shift, any alarm of the card", gaussian(0.0), 500),
    Cell("five points, refusals at random, any alarm", likert, 500),
    Cell("twins, two LLMs, a covariate, any alarm", twins, 1_000),
    Cell("twins, subgroups, draws, a negative control, any alarm of all checks", complete, 400, checks=None),
    Cell("forty outcomes, any alarm of all checks", forty, 80, checks=None),
    Cell("four items, any alarm", survey, 192),
)


def rate(cell: Cell, replicates: int, seed: int = 0) -> float:
    """Share of studies with an alarm: ``warn`` or ``fail``."""
    generator = np.random.default_rng([seed, CELLS.index(cell)])
    studies = (cell.make(generator) for _ in range(replicates))
    found = (rejected(s, k) if cell.alone else bool(alarms(cell, s, k)) for k, s in enumerate(studies))
    return sum(found) / replicates


def rejected(study: Study, _seed: int) -> bool:
    """Whether the check's first test rejects at the part of the level that it has on any card: so does the card."""
    view = study.views[0]
    found = p_value(of_sources(view.columns, [0], view.human[0], view.llm_only[0]))
    return found is not None and found <= PRIMARY * LEVEL


def alarms(cell: Cell, study: Study, seed: int) -> list[Finding]:
    """The findings of its checks that warn or fail."""
    settings = Settings(seed=seed, negative_controls=(CONTROL,), test_retest=CEILING)
    return [f for f in diagnose(study, settings, cell.checks).findings if f.status in ("warn", "fail")]


def line(cell: Cell, share: float, replicates: int) -> str:
    """A row of the table."""
    error = sqrt(max(share * (1 - share), 1 / replicates) / replicates)
    return f"| {cell.name} | {share:.4f} | {error:.4f} | {replicates} |"


if __name__ == "__main__":
    for each in CELLS:
        print(line(each, rate(each, each.replicates), each.replicates), flush=True)
