"""The vectorised bootstrap against ppi-python's loop on the same float64 arrays, one BLAS thread on both sides."""

from __future__ import annotations

from statistics import median

import numpy as np
from ppi_py import ppboot

from benchmarks.core import cpu
from benchmarks.models import MODEL, world
from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan

REPLICATES = 2000
PLAN = Plan(estimator="regression", interval="bootstrap", replicates=REPLICATES)
COEFFICIENTS = Plan(estimand="linear", model=MODEL, estimator="regression", interval="bootstrap", replicates=REPLICATES)


def gaussian(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + m)
    y = rng.normal(size=n)
    return y, y + rng.normal(size=n), rng.normal(size=m)


def likert(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, f, only = (np.clip(np.round(3.0 + 1.2 * values), 1.0, 5.0) for values in gaussian(n, m))
    return y, f, only


KINDS = {"Gaussian": gaussian, "Likert 1 to 5": likert}


def pair(kind: str, n: int, m: int, *, rounds: int = 5) -> tuple[float, float, float]:
    """Median CPU seconds of ppboot and of calibrate(), and the median ratio over interleaved rounds."""
    y, f, only = KINDS[kind](n, m)
    sample = from_arrays([ArmArrays("all", y, f, only)])
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(cpu(lambda: ppboot(np.mean, y, f, only, n_resamples=REPLICATES), 1))
        ours.append(cpu(lambda: calibrate(sample, PLAN), 10))
    return median(theirs), median(ours), median(a / b for a, b in zip(theirs, ours, strict=True))


def least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients by the normal equations, the fastest way that numpy has."""
    return np.linalg.solve(x.T @ x, x.T @ y)


def coefficients(n: int, m: int, *, rounds: int = 5) -> tuple[float, float, float]:
    """As ``pair``, of the three coefficients of a linear model."""
    x, y, f = world("linear", n + m)
    shown = np.where(np.arange(n + m) < n, y, np.nan)
    table = Table((("y", shown),), (PredictionColumn(f),), covariates=(("a", x[1]), ("b", x[2])))
    sample = from_table(table, "error", Reading(None, MODEL))
    a, b = np.ascontiguousarray(x[:, :n].T), np.ascontiguousarray(x[:, n:].T)
    theirs, ours = [], []
    for _ in range(rounds):
        loop = cpu(lambda: ppboot(least_squares, y[:n], f[:n], f[n:], X=a, X_unlabeled=b, n_resamples=REPLICATES), 1)
        theirs.append(loop)
        ours.append(cpu(lambda: calibrate(sample, COEFFICIENTS), 5))
    return median(theirs), median(ours), median(t / o for t, o in zip(theirs, ours, strict=True))
