"""Inference, written once: interval and p-value of a contrast from one object.

Interval: estimate -+ quantile x standard error; p-value: the level at which that interval's end reaches the null value.
Shapes: contrast t (D,). Units: variance in squared outcome units.
Source: Satterthwaite (1946) for the degrees of freedom; the variance is that of ``variance``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.plan import Alternative, Population
from service.calibration.variance import contrast_variance

CARDS = (
    Card(
        name="t",
        title="t interval (default)",
        formula="estimate -+ t quantile x standard error; Bell-McCaffrey degrees of freedom, Satterthwaite's for sums",
        assumptions=("units are independent",),
        limits=(
            "rare binary outcomes and heavy skew below about 30 humans per arm",
            "under-covers with ignored clusters",
        ),
        sources=("Bell & McCaffrey (2002)", "Imbens & Kolesar (2016), REStat 98:701-712", "Satterthwaite (1946)"),
    ),
    Card(
        name="normal",
        title="Normal interval",
        formula="estimate -+ normal quantile x standard error",
        assumptions=("units are independent", "many humans in every arm"),
        limits=("too short below about 100 humans per arm: use t",),
        sources=("arXiv 2301.09633",),
    ),
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; ``None`` is an open end."""

    method: Literal["t", "normal"]
    level: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """An estimate with its uncertainty; ``df`` is None for the normal quantile, ``p_value`` where nothing is tested."""

    estimate: float
    standard_error: float
    df: float | None
    p_value: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Settings:
    """How an interval and a test are formed; ``null_value`` None: nothing is tested."""

    level: float = 0.95
    alternative: Alternative = "two_sided"
    null_value: float | None = 0.0
    method: Literal["t", "normal"] = "t"
    population: Population = "super"


def infer(estimate: Estimate, contrast: FloatArray, settings: Settings) -> Result:
    """Estimate, standard error, df, p-value and interval of a contrast (D,) of arm means."""
    variance, df = contrast_variance(estimate, contrast, settings.population)
    normal = settings.method == "normal" or estimate.frame.compat
    value = float(contrast @ estimate.theta) + level(contrast) * estimate.frame.sample.origin
    return result(value, variance, None if normal else df, settings)


def level(contrast: FloatArray) -> float:
    """Sum of a contrast's weights: 1 for a mean, exactly 0 for a difference."""
    total = float(contrast.sum())
    return 0.0 if abs(total) < 1e-9 * float(np.abs(contrast).sum()) else total


def result(value: float, variance: float, df: float | None, settings: Settings) -> Result:
    """The result for an estimate with this variance; t quantiles with ``df``, normal ones with None."""
    error = sqrt(variance)
    one_sided = settings.alternative != "two_sided"
    tail = 1.0 - settings.level if one_sided else (1.0 - settings.level) / 2.0
    quantile = float(-ndtri(tail) if df is None else -stdtrit(df, tail))
    interval = Interval(
        "normal" if df is None else "t",
        settings.level,
        None if settings.alternative == "less" else value - quantile * error,
        None if settings.alternative == "greater" else value + quantile * error,
    )
    return Result(value, error, df, _p_value(value, error, df, settings), interval)


def _p_value(value: float, error: float, df: float | None, settings: Settings) -> float | None:
    if settings.null_value is None:
        return None
    gap = value - settings.null_value
    if error == 0.0:
        wrong_side = {"two_sided": gap != 0.0, "less": gap < 0.0, "greater": gap > 0.0}
        return 0.0 if wrong_side[settings.alternative] else 1.0
    signed = {"two_sided": -abs(gap), "less": gap, "greater": -gap}[settings.alternative] / error
    tail = float(ndtr(signed) if df is None else stdtr(df, signed))
    return 2.0 * tail if settings.alternative == "two_sided" else tail
