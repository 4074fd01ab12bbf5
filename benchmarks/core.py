"""The core against ppi-python on the same float64 arrays, one BLAS thread on both sides."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from ppi_py import ppi_mean_ci

from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan

PLAN = Plan(estimator="regression")


def cpu(job: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of a job that just ran twice."""
    job(), job()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
    return median(taken)


def arrays(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + m)
    y = rng.normal(size=n)
    return y, y + rng.normal(size=n), rng.normal(size=m)


def pair(n: int, m: int, *, rounds: int = 9, repeats: int = 30) -> tuple[float, float, float]:
    """Median CPU seconds of ppi-python and of calibrate(), and the median ratio over interleaved rounds."""
    y, f, only = arrays(n, m)
    sample = from_arrays([ArmArrays("all", y, f, only)])
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(cpu(lambda: ppi_mean_ci(y, f, only, alpha=0.05), repeats))
        ours.append(cpu(lambda: calibrate(sample, PLAN), repeats))
    return median(theirs), median(ours), median(a / b for a, b in zip(theirs, ours, strict=True))


def effect(n: int, m: int, *, rounds: int = 9, repeats: int = 30) -> float:
    """The same ratio for a difference of two arms; ppi-python has a mean for each."""
    arms = [arrays(n, m + k) for k in range(2)]
    sample = from_arrays([ArmArrays(name, *arm) for name, arm in zip("ct", arms, strict=True)])
    ratios = []
    for _ in range(rounds):
        theirs = cpu(lambda: [ppi_mean_ci(*arm, alpha=0.05) for arm in arms], repeats)
        ratios.append(theirs / cpu(lambda: calibrate(sample, PLAN), repeats))
    return median(ratios)


def growth(sizes: tuple[int, ...] = (10**5, 10**6, 10**7)) -> list[tuple[int, float]]:
    """CPU seconds of calibrate() at n = 1,000 for growing numbers of LLM-only units."""
    found = []
    for m in sizes:
        y, f, only = arrays(1000, m)
        sample = from_arrays([ArmArrays("all", y, f, only)])
        found.append((m, cpu(lambda sample=sample: calibrate(sample, PLAN), 9)))
    return found
