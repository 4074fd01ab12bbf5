"""A study whose effects differ by sex and age, and its transport to a population with another mix of them."""

from __future__ import annotations

import numpy as np

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.sample import Sample

TARGET = Target({"sex": {"f": 0.6, "m": 0.4}, "age": 45.0})
HERE, THERE = 0.2 + 0.3, 0.2 + 0.6 + 0.15  # the effect in the sampled population (30 % f, age 40) and in the target
LEVEL = 0.5 * 0.6 + 0.02 * 5.0  # the target's mean without treatment


def people(rng: np.random.Generator, size: int, women: float = 0.3, age: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Sex (1: f) and age of people."""
    return (rng.random(size) < women).astype(int), rng.normal(age, 10.0, size)


def table(
    seed: int | np.random.Generator = 0, n: int = 200, m: int = 600, *, arms: bool = True, weighted: bool = False
) -> Table:
    """n humans, m LLM-only units; effects of .2 + 1 for women + .03 per year above 40."""
    rng = np.random.default_rng(seed)
    sex, age = people(rng, n + m)
    arm, human = rng.permutation(np.arange(n + m) % 2), np.arange(n + m) < n
    effect = 0.2 + sex + 0.03 * (age - 40.0)
    alone = rng.normal(size=n + m) + 0.5 * sex + 0.02 * (age - 40.0)
    said = [0.7 * (alone + d * effect) + rng.normal(0.0, 0.7, n + m) for d in (0, 1)]
    weight = rng.uniform(0.5, 2.0, n + m) if weighted else None
    covariates = (("sex", Labels(sex, ("m", "f"))), ("age", age))
    y = np.where(human, alone + (arm * effect if arms else 0.0), np.nan)
    if not arms:
        predictions = (PredictionColumn(said[0], "gpt"),)
        return Table((("y", y),), predictions, covariates=covariates, survey=Survey(weight=weight))
    return Table(
        (("y", y),),
        tuple(PredictionColumn(f, "gpt", name) for f, name in zip(said, ("c", "t"), strict=True)),
        Labels(np.where(human, arm, -1), ("c", "t")),
        "shared",
        covariates,
        survey=Survey(weight=weight),
    )


def samples(data: Table, target: Target | None = TARGET, **reading) -> list[Sample]:
    return list(from_table(data, "error", Reading(target=target, **reading)))


def answered(data: Table, target: Target | None = TARGET, **plan) -> Answer:
    control = {"control": "c"} if data.arm is not None else {}
    return calibrate(samples(data, target), Plan(**(control | plan)))
