"""A median against ppi-python on the same float64 arrays: CPU time and peak memory, one BLAS thread."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np
from ppi_py import ppi_quantile_ci

from benchmarks.core import cpu
from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.sample import Sample

REGRESSION = Plan(estimand="quantile", quantiles=(0.5,), estimator="regression")
COMPAT = Plan(estimand="quantile", quantiles=(0.5,), estimator="ppi", compat=True)
CASES = (  # humans, LLM-only units, whether every observed value is tried, the plan
    (500, 5000, True, COMPAT),
    (500, 5000, True, REGRESSION),
    (1000, 10_000, True, REGRESSION),
    (1000, 20_000, False, REGRESSION),
)


class Row(NamedTuple):
    """CPU seconds and peak bytes of ppi-python and of ours, the median ratio of the seconds, and in user time alone.

    The rest of ppi-python's time is the kernel's, which maps and clears its arrays.
    """

    theirs: float
    ours: float
    ratio: float
    user_ratio: float
    their_bytes: int
    our_bytes: int


def arrays(n: int, m: int, *, likert: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + m)
    truth = rng.normal(size=n + m)
    f = truth + rng.normal(size=n + m)
    if likert:
        truth, f = (np.clip(np.round(3.0 + 0.8 * v), 1.0, 5.0) for v in (truth, f))
    return truth[:n], f[:n], f[n:]


def sampled(n: int, m: int, *, likert: bool = False) -> Sample:
    return from_arrays([ArmArrays("all", *arrays(n, m, likert=likert))])


def peak(job: Callable[[], object]) -> int:
    """Most bytes allocated at a time by a job, numpy's arrays included."""
    tracemalloc.start()
    job()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def once(job: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of a job, and those of them that are not the system's."""
    start = os.times()
    job()
    end = os.times()
    user = end.user - start.user
    return user + end.system - start.system, user


def against(n: int, m: int, *, exact: bool, plan: Plan, rounds: int = 3) -> Row:
    """ppi-python on every observed value (``exact``) or on its default grid of 5,000 points, and calibrate()."""
    rows, sample = arrays(n, m), sampled(n, m)

    def their() -> object:
        return ppi_quantile_ci(*rows, 0.5, alpha=0.05, exact_grid=exact)

    def our() -> object:
        return calibrate(sample, plan)

    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(once(their))
        ours.append(cpu(our, 15))
    whole, user = (median(t[k] / o for t, o in zip(theirs, ours, strict=True)) for k in (0, 1))
    return Row(median(t for t, _ in theirs), median(ours), whole, user, peak(their), peak(our))


def likert(n: int, m: int) -> tuple[str, float, int]:
    """What ppi-python comes to with five answers, CPU seconds and peak bytes of ours."""
    rows, sample = arrays(n, m, likert=True), sampled(n, m, likert=True)
    try:
        told = f"[{', '.join(f'{end:g}' for end in ppi_quantile_ci(*rows, 0.5, alpha=0.05))}]"
    except IndexError as error:
        told = f"raises {type(error).__name__}"
    return told, cpu(lambda: calibrate(sample, REGRESSION), 15), peak(lambda: calibrate(sample, REGRESSION))


def growth(sizes: tuple[int, ...] = (10**4, 10**5, 10**6)) -> list[tuple[int, float, int]]:
    """CPU seconds and peak bytes of calibrate() at n = 1,000 for growing numbers of LLM-only units."""
    found = []
    for m in sizes:
        sample = sampled(1000, m)

        def job(sample: Sample = sample) -> object:
            return calibrate(sample, REGRESSION)

        found.append((m, cpu(job, 5), peak(job)))
    return found
