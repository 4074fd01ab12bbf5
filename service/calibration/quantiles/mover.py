"""Differences of quantiles: the limits of the arms' quantiles combined by the method of variance estimates recovery.

Formula: with l_d, u_d the arms' one-sided limits with error a and delta_d = t_d (theta_d - l_d) for t_d > 0,
t_d (theta_d - u_d) for t_d < 0 (limits swapped above),
    L = sum t_d theta_d - sqrt( sum_d delta_d^2 + 2 sum_{d<e} sign(t_d t_e) r_de delta_d delta_e )
r_de, the correlation of F_d and F_e at the two estimates, is not 0 where arms share a pool or clusters. An arm's open
limit leaves the contrast's open. Limits are steps in a: they are computed at every step, a smaller error never getting
a nearer limit, so that the p-value is the step at which a limit passes the null value. Errors above one half have the
limits of one half, and p-values above one half are 1.
Shapes: D arms; B steps. Units: outcome units.
Assumes: as each arm's inversion. Raises: nothing.
Source: Zou & Donner (2008), Statistics in Medicine 27:1693-1702; Zou (2008), AJE 168:212-224 for correlated estimates.
Differs: in nothing but the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from service.calibration.intervals.pivot import Side
from service.calibration.moments import FloatArray
from service.calibration.quantiles.inversion import Inversion

HALF = 0.5


@dataclass(frozen=True, slots=True)
class Steps:
    """Errors a (B,), rising to one half, up to which each distance (B,), falling, is that of the limit."""

    errors: FloatArray
    reach: FloatArray


@dataclass(frozen=True, slots=True)
class Mover:
    """The pivot of a contrast of quantiles."""

    value: float
    below: Steps
    above: Steps

    def bound(self, tail: float, side: Side) -> float | None:
        """The contrast's limit with error ``tail``; None where it is open."""
        value = float(self._limits(side)[int(np.searchsorted(self._steps(side).errors, min(tail, HALF), side="left"))])
        return value if isfinite(value) else None

    def tail(self, value: float, side: Side) -> float:
        """The largest step whose limit does not exclude ``value``; 1 where even that of one half does not."""
        steps, limits = self._steps(side), self._limits(side)
        if side == "lower":
            kept = int(np.searchsorted(limits, value, side="right"))
        else:
            kept = len(limits) - int(np.searchsorted(limits[::-1], value, side="left"))
        if kept == len(limits):
            return 1.0
        return float(steps.errors[kept - 1]) if kept else 0.0

    def _steps(self, side: Side) -> Steps:
        return self.below if side == "lower" else self.above

    def _limits(self, side: Side) -> FloatArray:
        """The limits (B,) at the steps: rising from below, falling from above."""
        return self.value - self.below.reach if side == "lower" else self.value + self.above.reach


def combine(arms: Sequence[Inversion], weights: Sequence[float], correlation: FloatArray) -> Mover:
    """The pivot of sum weight_d theta_d; ``correlation`` (D, D) is that of the weighted estimates, signs included."""
    value = sum(weight * arm.value for arm, weight in zip(arms, weights, strict=True))
    steps = [_steps(arms, weights, correlation, side) for side in (-1.0, 1.0)]
    return Mover(value, *steps)


def _steps(arms: Sequence[Inversion], weights: Sequence[float], correlation: FloatArray, outward: float) -> Steps:
    sides: list[Side] = ["lower" if outward * weight < 0.0 else "upper" for weight in weights]
    every = np.concatenate([arm.tails(side) for arm, side in zip(arms, sides, strict=True)])
    errors = np.append(np.unique(every[(every > 0.0) & (every < HALF)]), HALF)
    gaps = [
        np.abs(weight * (arm.value - arm.bounds(errors, side)))
        for arm, weight, side in zip(arms, weights, sides, strict=True)
    ]
    delta = np.array(gaps)
    closed = np.isfinite(delta).all(axis=0)
    delta = np.where(closed, delta, 0.0)
    square = np.einsum("db,de,eb->b", delta, correlation, delta)
    reach = np.where(closed, np.sqrt(np.maximum(square, 0.0)), inf)
    return Steps(errors, np.maximum.accumulate(reach[::-1])[::-1])
