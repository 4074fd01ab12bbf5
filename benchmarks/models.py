"""Coefficients against ppi-python on the same float64 arrays: CPU time, warm, alternating, one BLAS thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

import numpy as np
from ppi_py import ppi_logistic_ci, ppi_ols_ci, ppi_poisson_ci

from benchmarks.core import cpu
from service.calibration.calibrate import calibrate
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import EstimandName, Model, Plan

MODEL = Model(("a", "b"))
THEIRS: Mapping[EstimandName, Callable[..., object]] = {
    "linear": ppi_ols_ci,
    "logistic": ppi_logistic_ci,
    "poisson": ppi_poisson_ci,
}


def world(kind: EstimandName, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Terms (3, count) with the intercept, outcomes and predictions (count,)."""
    rng = np.random.default_rng(count)
    x = np.stack((np.ones(count), rng.normal(size=count), rng.integers(0, 2, count).astype(float)))
    eta = np.array([-0.2, 0.4, 0.6]) @ x
    if kind == "linear":
        y = eta + rng.normal(size=count)
        return x, y, 0.6 * y + 0.5 * rng.normal(size=count)
    if kind == "logistic":
        y = (rng.random(count) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
        return x, y, 1.0 / (1.0 + np.exp(-(eta + 1.5 * (y - 0.5) + 0.7 * rng.normal(size=count))))
    y = rng.poisson(np.exp(eta)).astype(float)
    return x, y, np.exp(eta + 0.2 * rng.normal(size=count))


def against(kind: EstimandName, n: int, m: int, *, rounds: int = 7) -> tuple[float, float, float]:
    """Median CPU seconds of ppi-python and ours, and the median of their ratios."""
    x, y, f = world(kind, n + m)
    shown = np.where(np.arange(n + m) < n, y, np.nan)
    table = Table((("y", shown),), (PredictionColumn(f),), covariates=(("a", x[1]), ("b", x[2])))
    sample = from_table(table, "error", Reading(None, MODEL))
    plan = Plan(estimand=kind, model=MODEL, estimator="regression")
    a, b = np.ascontiguousarray(x[:, :n].T), np.ascontiguousarray(x[:, n:].T)
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(cpu(lambda: THEIRS[kind](a, y[:n], f[:n], b, f[n:], alpha=0.05), 1))
        ours.append(cpu(lambda: calibrate(sample, plan), 3))
    return median(theirs), median(ours), median(t / o for t, o in zip(theirs, ours, strict=True))
