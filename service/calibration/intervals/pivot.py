"""The pivot: the one object that a method's interval and its p-value both come from, and what a method is given.

Formula: ``bound(tail, side)`` is the one-sided confidence bound with error ``tail``; ``tail(value, side)`` is the
smallest tail at which that bound excludes ``value``, which is the one-sided p-value. Both are statements about the same
comparison, so that a value is outside a bound exactly when its p-value is below the bound's tail:
    value < bound(tail, "lower")  <=>  tail(value, "lower") < tail,     and mirrored for "upper".
Resampled bounds s_1 <= .. <= s_B: tail(value, "lower") = (#{s <= value} + 1)/(B + 1); bound = s_k with the largest k
that has k/(B + 1) < tail, open where there is none.
On another scale (``linked``): bound and value of a pivot of g(estimate), whose error is g'(estimate) times the error;
Fisher's g = atanh for correlations. An estimate where g is infinite keeps its own scale.
Shapes: draws (B,). Units: outcome units; tails are probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, copysign, inf, isfinite, tanh
from typing import Literal, Protocol

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.resampling import generator
from service.calibration.sample import Link

Side = Literal["lower", "upper"]
NEARLY_ONE = 1.0 - 1e-12


class Pivot(Protocol):
    """One-sided bounds and the p-values that belong to them."""

    def bound(self, tail: float, side: Side) -> float | None:
        """The one-sided confidence bound with error ``tail``; None where it is open."""
        ...

    def tail(self, value: float, side: Side) -> float:
        """The smallest tail at which that bound excludes ``value``: a one-sided p-value."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a method knows besides estimate and contrast: the point with its error, and how it is asked to work.

    ``value`` and ``standard_error`` are in outcome units; ``bounds`` are the smallest and largest possible outcome.
    """

    value: float
    standard_error: float
    df: float
    population: Population = "super"
    bounds: tuple[float, float] | None = None
    replicates: int = 1999
    seed: int = 0

    def generator(self, label: str) -> np.random.Generator:
        """The random numbers of a labelled place: the same for every contrast, model and estimate of a request."""
        return generator(self.seed, label)


@dataclass(frozen=True, slots=True)
class Draws:
    """A pivot from resampled one-sided bounds: ``lower`` and ``upper`` (B,), each sorted upwards."""

    lower: FloatArray
    upper: FloatArray

    def bound(self, tail: float, side: Side) -> float | None:
        """The order statistic that has this tail; None where there are too few draws or it is infinite."""
        sizes = np.arange(1, len(self.lower) + 1) / (len(self.lower) + 1)
        k = int(np.searchsorted(sizes, tail, side="left"))
        if k == 0:
            return None
        value = float(self.lower[k - 1] if side == "lower" else self.upper[-k])
        return value if isfinite(value) else None

    def tail(self, value: float, side: Side) -> float:
        """(number of draws on the far side or at the value + 1) / (number of draws + 1)."""
        if side == "lower":
            beyond = int(np.searchsorted(self.lower, value, side="right"))
        else:
            beyond = len(self.upper) - int(np.searchsorted(self.upper, value, side="left"))
        return (beyond + 1) / (len(self.lower) + 1)


@dataclass(frozen=True, slots=True)
class FisherZ:
    """A pivot of the atanh of a correlation, told in correlations."""

    inner: Pivot

    def bound(self, tail: float, side: Side) -> float | None:
        """The bound of the atanh, turned back."""
        found = self.inner.bound(tail, side)
        return None if found is None else tanh(found)

    def tail(self, value: float, side: Side) -> float:
        """The tail of the value's atanh."""
        return self.inner.tail(atanh(value) if abs(value) < 1.0 else copysign(inf, value), side)


def around(context: Context, moved: FloatArray) -> Draws:
    """The draws estimate + moved (B,)."""
    found = np.sort(context.value + moved)
    return Draws(found, found)


def fisher_z(correlation: float) -> float:
    """Its atanh; that of nearly 1 at 1 and beyond."""
    return atanh(min(max(correlation, -NEARLY_ONE), NEARLY_ONE))


def linked(make: Callable[[float, float], Pivot], context: Context, link: Link | None) -> Pivot:
    """The pivot of value and error, on the scale of ``link`` where there is one."""
    if link is None or abs(context.value) >= 1.0:
        return make(context.value, context.standard_error)
    error = context.standard_error / ((1.0 - context.value) * (1.0 + context.value))
    return FisherZ(make(atanh(context.value), error))
