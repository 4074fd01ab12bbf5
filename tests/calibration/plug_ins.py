"""Studies for the tests of plug-in statistics: tables of one or two arms, their answers, derivatives by weight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.influence import Design
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan

ARMS = ("control", "treatment")


def design(arm: np.ndarray | None, *x: np.ndarray, n: int = 0) -> Design:
    """The design of units in one arm (arm None) or two, with covariates x."""
    n = n if arm is None else arm.size
    rows = [np.ones(n), *x, *([] if arm is None else [(arm == 1).astype(float)])]
    names = ("intercept", *(f"x{j}" for j in range(len(x))), *(() if arm is None else (f"arm={ARMS[1]}",)))
    return Design(np.array(rows), names, arms=("all",) if arm is None else ARMS)


def derivative(functional: Callable[[np.ndarray], float], weight: np.ndarray, i: int) -> float:
    """What one more unit like i, weighing as much as a whole sample of its kind, would move a functional of weights."""
    step = 1e-6 * weight.sum() * (np.arange(weight.size) == i)
    return (functional(weight + step) - functional(weight - step)) / 2e-6


def table(
    seed: int,
    n: int = 40,
    m: int = 200,
    *,
    arms: bool = False,
    shared: bool = False,
    binary: bool = False,
    covariates: bool = True,
    **survey: np.ndarray,
) -> Table:
    """n humans and m others per arm, an LLM, a covariate x; outcomes above 0, or of 0 and 1."""
    rng = np.random.default_rng(seed)
    count = 2 if arms else 1
    human = np.arange(count * (n + m)) < count * n
    arm = np.arange(human.size) % count
    x, noise, more = rng.normal(size=(3, human.size))
    score = 0.5 * x + 0.5 * arm + noise
    said = [10.0 + 0.7 * (score - 0.5 * arm) + 0.4 * d + 0.5 * more for d in range(count)]
    y = (score > 0.3).astype(float) if binary else 10.0 + score
    if binary:
        said = [1.0 / (1.0 + np.exp(10.3 - f)) for f in said]
    own = np.choose(arm, said)
    codes = np.where(human, arm, -1) if shared else arm
    predictions = [PredictionColumn(f, "gpt", arm=name) for f, name in zip(said, ARMS[:count], strict=True)]
    return Table(
        (("y", np.where(human, y, np.nan)),),
        tuple(predictions) if shared else (PredictionColumn(own, "gpt"),),
        arm=Labels(codes, ARMS) if arms else None,
        prediction_design=("shared" if shared else "independent") if arms else None,
        covariates=(("x", x),) if covariates else (),
        survey=Survey(**survey),
    )


def answered(data: Table, statistic: str, **plan) -> Answer:
    """The calibrated statistic of a table; spearman is with x."""
    model = plan.pop("model", Model(("x",) if statistic == "spearman" else ()))
    samples = from_table(data, plan.pop("missing", "error"), Reading(None, model))
    return calibrate(samples, Plan(estimand="plug_in", statistic=statistic, model=model, **plan))


def humans(data: Table, arm: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, covariate and prediction of the humans (of one arm)."""
    y = data.outcomes[0][1]
    at = ~np.isnan(y)
    if arm is not None:
        at &= data.arm.codes == arm
    x = data.covariates[0][1] if data.covariates else np.zeros(y.size)
    return y[at], x[at], data.predictions[0].values[at]
