"""Studies with a model's terms for the tests: tables of a linear, logistic or Poisson world, and their answers."""

from __future__ import annotations

import numpy as np

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from service.calibration.sample import Sample

TERMS = Model(("x", "d"))
TRUTH = np.array([-0.2, 0.4, 0.6])


def outcomes(kind: str, eta: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes at a linear predictor, and what an LLM says of them."""
    noise = rng.normal(size=eta.shape)
    if kind == "linear":
        y = eta + noise
        return y, 0.6 * y + 0.5 * rng.normal(size=eta.shape)
    if kind == "logistic":
        y = (rng.random(eta.shape) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
        return y, 1.0 / (1.0 + np.exp(-(eta + 1.5 * (y - 0.5) + 0.7 * noise)))
    y = rng.poisson(np.exp(eta)).astype(float)
    return y, np.exp(eta + 0.3 * (y - np.exp(eta)) / np.sqrt(1.0 + np.exp(eta)) + 0.2 * noise)


def table(kind: str = "linear", *, n: int = 60, m: int = 300, seed: int = 0, survey: Survey | None = None) -> Table:
    """One population: n humans and m LLM-only units, an LLM and the covariates x, d (0 or 1) and z."""
    rng = np.random.default_rng(seed)
    x, d, z = rng.normal(size=n + m), rng.integers(0, 2, n + m).astype(float), rng.normal(size=n + m)
    y, f = outcomes(kind, TRUTH @ np.stack((np.ones(n + m), x, d)), rng)
    shown = np.where(np.arange(n + m) < n, y, np.nan)
    return Table(
        (("y", shown),),
        (PredictionColumn(f),),
        covariates=(("x", x), ("d", d), ("z", z)),
        survey=Survey() if survey is None else survey,
    )


def twins(*, n: int = 80, m: int = 200, seed: int = 0) -> Table:
    """Two arms of humans and personas, all of them asked under both arms."""
    rng = np.random.default_rng(seed)
    x, base = rng.normal(size=n + m), rng.normal(size=n + m)
    arm = Labels(np.where(np.arange(n + m) < n, rng.permutation(np.arange(n + m) % 2), -1), ("control", "treatment"))
    y = 0.5 * x + base + 0.4 * (arm.codes == 1) + 0.5 * rng.normal(size=n + m)
    said = [0.5 * x + base + shift + 0.5 * rng.normal(size=n + m) for shift in (0.0, 0.6)]
    return Table(
        (("y", np.where(np.arange(n + m) < n, y, np.nan)),),
        tuple(PredictionColumn(f, arm=name) for f, name in zip(said, arm.names, strict=True)),
        arm=arm,
        prediction_design="shared",
        covariates=(("x", x),),
    )


def sample(data: Table, model: Model) -> Sample:
    return from_table(data, "error", Reading(None, model))[0]


def answered(data: Table, kind: str, model: Model = TERMS, **plan) -> Answer:
    """The calibrated coefficients of a table."""
    return calibrate(from_table(data, "error", Reading(None, model)), Plan(estimand=kind, model=model, **plan))
