"""Rows that repeat other rows, all about as often: people or personas who stand several times and would count as many.

Formula: D different rows stand n_1, .., n_D times. Drawn from equally likely rows the counts would be Poisson without
zeros, with mean m = n/D = l/(1 - exp(-l)) and variance v = m(1 + l) - m^2; unequal chances spread them more. Rows
repeat regularly if (D - 1) x (variance of the counts) / v is below the .001 quantile of chi-squared, df D - 1.
Shapes: n rows of p columns. Units: none.
Assumes: rows that agree in every column to the last digit.
Breaks: with few different rows, fewer than 1.5 rows of a kind, draws that differ; of a source the first 2,000 rows are
looked at. A balanced design whose units are told apart by no column looks the same.
Raises: nothing.
Source: Johnson, Kemp & Kotz (2005), Univariate Discrete Distributions, section 4.10. Differs: the rule is ours.
"""

from __future__ import annotations

from math import exp

import numpy as np
from scipy.special import chdtr

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Sample, Units

FEWEST = 10  # different rows
OFTEN = 1.5  # times that a row stands there, on average
REGULAR = 0.001
LOOKED_AT = 2_000  # rows of a source
KEYS = 0.6180339887498949  # of the columns' weights in a row's key: rows with equal keys are equal but for a miracle


def doubts(sample: Sample) -> list[Warned]:
    """The warnings about humans, or LLM-only units, whose rows repeat regularly; clusters say that they may."""
    if not sample.has_rows or sample.clustered or sample.linearised:
        return []
    humans = [u for u in sample.human if isinstance(u, Units)]
    others = [u for u in sample.llm_only if isinstance(u, Units)]
    groups = (("humans", humans, "/data"), ("LLM-only units", others, "/data/predictions"))
    return [
        _warned(who, len(counts), int(counts.sum()), place)
        for who, group, place in groups
        for source in group
        if repeats(counts := _counts(source))
    ][:2]


def repeats(counts: IntArray) -> bool:
    """Whether rows that stand this often (D,) repeat regularly."""
    D, n = counts.shape[0], int(counts.sum())
    if D < FEWEST or n < OFTEN * D:
        return False
    mean = n / D
    rate = _rate(mean)
    expected = mean * (1.0 + rate) - mean * mean
    return bool(chdtr(D - 1, (D - 1) * float(counts.var()) / expected) < REGULAR)


def _rate(mean: float) -> float:
    """L with l/(1 - exp(-l)) = mean > 1, by fixed-point steps, which contract."""
    rate = mean
    for _ in range(200):
        rate = mean * (1.0 - exp(-rate))
    return rate


def _counts(source: Units) -> IntArray:
    """How often each different row (outcome and columns) stands there."""
    columns: list[FloatArray] = [*source.c] if source.y is None else [source.y, *source.c]
    key = np.zeros(min(source.n, LOOKED_AT))
    for place, column in enumerate(columns, 1):
        key += column[: key.size] * (1.0 + (place * KEYS) % 1.0)
    ordered = np.sort(key)
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return np.diff(first, append=ordered.shape[0])


def _warned(who: str, different: int, n: int, place: str) -> Warned:
    text = (
        f"{n} rows of {who} are {different} different ones, each about as often: the same people or personas "
        "several times would count as many"
    )
    return Warned("repeated_rows", text, place)
