"""Inference, written once: interval and p-value of a contrast from one pivot, whatever the method.

Formula: with L(a), U(a) the one-sided bounds with error a and l(v), u(v) the smallest errors at which they exclude v,
    two_sided        [L(e/2), U(e/2)],  p = min(1, 2 min(l(null), u(null)))          e = 1 - level
    greater, less    [L(e), inf), (-inf, U(e)],  p = l(null), u(null)
    equivalence      [L(e), U(e)] labelled with the level 2 level - 1,  p = max(l(null - margin), u(null + margin))
    non_inferiority  [L(e), inf),  p = l(null - margin)
so that p < e exactly when the null value is outside (equivalence: the interval inside null -+ margin).
Shapes: contrast t (D,). Units: outcome units.
Source: Schuirmann (1987) for equivalence; the variance is that of ``variance``, the pivots those of ``intervals``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nextafter, sqrt

import numpy as np

from service.calibration.errors import InvalidPlan, Problem
from service.calibration.estimate import Estimate
from service.calibration.intervals import interval_method
from service.calibration.intervals.normal import Normal
from service.calibration.intervals.pivot import Context, Pivot
from service.calibration.intervals.t import StudentT
from service.calibration.moments import FloatArray
from service.calibration.plan import Alternative, IntervalName, Population
from service.calibration.variance import contrast_variance

ROUNDING = 1e-6  # relative difference of p-value and error rate that bisection and rounding can leave


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; ``None`` is an open end."""

    method: IntervalName
    level: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """An estimate with its uncertainty; ``df`` None: the method uses none, ``p_value`` None: nothing is tested."""

    estimate: float
    standard_error: float
    df: float | None
    p_value: float | None
    interval: Interval


RESAMPLED = ("bootstrap", "bootstrap_t")


@dataclass(frozen=True, slots=True)
class Settings:
    """How an interval and a test are formed; ``null_value`` None: nothing is tested.

    ``margin`` (outcome units) is for equivalence and non-inferiority, ``bounds`` (smallest and largest possible
    outcome) for betting and score, ``replicates`` and ``seed`` for whatever draws random numbers.
    """

    level: float = 0.95
    alternative: Alternative = "two_sided"
    null_value: float | None = 0.0
    method: IntervalName = "t"
    population: Population = "super"
    margin: float | None = None
    bounds: tuple[float, float] | None = None
    replicates: int = 1999
    seed: int = 0


def check(settings: Settings) -> None:
    """Refuses settings that contradict each other, all problems at once."""
    found = []
    if settings.alternative in ("equivalence", "non_inferiority"):
        if settings.margin is None:
            text = "equivalence and non-inferiority are tested against a margin"
            found.append(Problem("/plan/margin", "missing_margin", text, "give the margin in outcome units"))
        elif not settings.margin > 0.0:
            found.append(Problem("/plan/margin", "bad_margin", "a margin must be above 0", "give it in outcome units"))
    elif settings.margin is not None:
        text = f"alternative {settings.alternative} is tested against no margin"
        hint = "set alternative to equivalence or non_inferiority, or leave margin out"
        found.append(Problem("/plan/margin", "unused_margin", text, hint))
    if settings.alternative == "equivalence" and settings.level <= 0.5:
        text = "equivalence is tested with an interval of level 2 confidence_level - 1, which must be above 0"
        found.append(Problem("/plan/confidence_level", "level_too_low", text, "use a level above 0.5"))
    if settings.method == "betting" and settings.bounds is None:
        text = "betting needs the smallest and the largest possible outcome"
        found.append(Problem("/plan/bounds", "missing_bounds", text, "give bounds as [smallest, largest]"))
    found += _few_replicates(settings)
    if settings.bounds is not None and not settings.bounds[0] < settings.bounds[1]:
        found.append(Problem("/plan/bounds", "bad_bounds", "the first bound must be below the second", "order them"))
    if found:
        raise InvalidPlan(found)


def _few_replicates(settings: Settings) -> list[Problem]:
    """Replicates that reach no tail of the interval, of which every end would be open."""
    tail = (1.0 - settings.level) / (2.0 if settings.alternative == "two_sided" else 1.0)
    if settings.method not in RESAMPLED or 1.0 / (settings.replicates + 1) < tail:
        return []
    text = f"{settings.replicates} replicates tell no end of an interval of level {settings.level:g}"
    hint = f"use {int(1.0 / tail)} at least, better the default"
    return [Problem("/plan/replicates", "too_few_replicates", text, hint)]


def infer(estimate: Estimate, contrast: FloatArray, settings: Settings, error_rate: float | None = None) -> Result:
    """Estimate, standard error, df, p-value and interval of a contrast (D,) of arm means.

    ``error_rate`` replaces 1 - level as the error of this one interval (simultaneous intervals); the label stays.
    """
    variance, df = contrast_variance(estimate, contrast, settings.population)
    method = interval_method("normal" if estimate.frame.compat else settings.method)
    context = Context(
        value=float(contrast @ estimate.theta) + level(contrast) * estimate.frame.sample.origin,
        standard_error=sqrt(variance),
        df=df,
        population=settings.population,
        bounds=settings.bounds,
        replicates=settings.replicates,
        seed=settings.seed,
    )
    pivot = method.pivot(estimate, contrast, context)
    interval, p_value = decided(pivot, method.name, settings, error_rate)
    return Result(context.value, context.standard_error, df if method.uses_df else None, p_value, interval)


def level(contrast: FloatArray) -> float:
    """Sum of a contrast's weights: 1 for a mean, exactly 0 for a difference."""
    total = float(contrast.sum())
    return 0.0 if abs(total) < 1e-9 * float(np.abs(contrast).sum()) else total


def result(
    value: float, variance: float, df: float | None, settings: Settings, error_rate: float | None = None
) -> Result:
    """The result for an estimate with this variance; t quantiles with ``df``, normal ones with None.

    ``error_rate`` as in ``infer``.
    """
    error = sqrt(variance)
    pivot = Normal(value, error) if df is None else StudentT(value, error, df)
    interval, p_value = decided(pivot, "normal" if df is None else "t", settings, error_rate)
    return Result(value, error, df, p_value, interval)


def decided(
    pivot: Pivot, method: IntervalName, settings: Settings, error_rate: float | None
) -> tuple[Interval, float | None]:
    """The interval, and the p-value that is below the error rate exactly when the interval rejects."""
    error = 1.0 - settings.level if error_rate is None else error_rate
    interval = _interval(pivot, method, settings, error)
    if settings.null_value is None:
        return interval, None
    p_value = _p_value(pivot, settings, settings.null_value)
    rejects = _rejects(interval, settings, settings.null_value)
    if (p_value < error) != rejects and abs(p_value - error) <= ROUNDING * error:
        p_value = nextafter(error, 0.0) if rejects else error
    return interval, p_value


def _interval(pivot: Pivot, method: IntervalName, settings: Settings, error: float) -> Interval:
    alternative = settings.alternative
    equivalence = alternative == "equivalence"
    tail = error / 2.0 if alternative == "two_sided" else error
    lower = None if alternative == "less" else pivot.bound(tail, "lower")
    upper = None if alternative in ("greater", "non_inferiority") else pivot.bound(tail, "upper")
    return Interval(method, round(2.0 * settings.level - 1.0, 12) if equivalence else settings.level, lower, upper)


def _p_value(pivot: Pivot, settings: Settings, null: float) -> float:
    low, high = _hypotheses(settings, null)
    if settings.alternative == "two_sided":
        return min(1.0, 2.0 * min(pivot.tail(null, "lower"), pivot.tail(null, "upper")))
    if settings.alternative == "equivalence":
        return max(pivot.tail(low, "lower"), pivot.tail(high, "upper"))
    return pivot.tail(high, "upper") if settings.alternative == "less" else pivot.tail(low, "lower")


def _rejects(interval: Interval, settings: Settings, null: float) -> bool:
    low, high = _hypotheses(settings, null)
    above = interval.lower is not None and low < interval.lower
    below = interval.upper is not None and interval.upper < high
    return (above and below) if settings.alternative == "equivalence" else (above or below)


def _hypotheses(settings: Settings, null: float) -> tuple[float, float]:
    """The values that a lower and an upper bound are compared with."""
    if settings.alternative in ("equivalence", "non_inferiority"):
        assert settings.margin is not None
        return null - settings.margin, null + settings.margin
    return null, null
