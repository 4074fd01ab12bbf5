"""One arm's quantile: calibrated and human-only inversion, and the engine's estimate of the indicators at its answer.

Formula: the scale g = se_H / sqrt(V0_H), from the human-only inversion, stands for 1/f(theta): a distance in F times g
is one in outcome units. Variances that are compared (``variance_ratio``) are V0 at the calibrated estimate,
which for the humans alone is q (1 - q)/n.
Shapes: one arm. Units: outcome units (stored, origin not added).
Source: Woodruff (1952), JASA 47:635-646. Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.quantiles.distribution import Curve, Way, curve, way
from service.calibration.quantiles.inversion import Inversion, invert
from service.calibration.resolution import Resolved


@dataclass(frozen=True)
class Quantile:
    """An inversion with the way and curve it came from, and V0 at the estimate."""

    way: Way
    curve: Curve
    inversion: Inversion
    variance: float

    @cached_property
    def estimate(self) -> Estimate:
        """The engine's estimate of the indicators at the quantile."""
        return self.way.at(float(self.curve.thresholds[self.inversion.at]))


@dataclass(frozen=True, slots=True)
class ArmQuantile:
    """One arm: calibrated and human-only; ``human_variance`` is the humans' own V0 at the calibrated estimate."""

    calibrated: Quantile
    human: Quantile
    human_variance: float

    @property
    def scale(self) -> float:
        """Outcome units per unit of F at the quantile, from the humans' standard error; 1 where that is 0."""
        error = self.human.inversion.error
        return error / sqrt(self.human.variance) if error > 0.0 and self.human.variance > 0.0 else 1.0

    @property
    def n(self) -> int:
        """Number of humans."""
        return self.calibrated.curve.n


def arm_quantile(resolved: Resolved, arm: int, q: float, name: str) -> ArmQuantile:
    """The q-quantile of an arm by an estimator, and by the humans alone."""
    alone = np.zeros(len(resolved.sample.arms))
    alone[arm] = 1.0
    weights = resolved.cells(alone)
    human = quantile(resolved, weights, q, "human_only")
    calibrated = human if name == "human_only" else quantile(resolved, weights, q, name)
    plain = human.curve.variance_at(q)
    there = int(np.searchsorted(human.curve.thresholds, calibrated.curve.thresholds[calibrated.inversion.at]))
    return ArmQuantile(calibrated, human, float(plain[min(there, len(plain) - 1)]))


def quantile(resolved: Resolved, weights: FloatArray, q: float, name: str) -> Quantile:
    """The q-quantile of an arm, given as weights of the frame's cells (D,)."""
    population: Population = resolved.settings.population
    found = way(resolved.frame, weights, name, population, q)
    levels = curve(found, [q])
    bounds, origin = resolved.plan.bounds, resolved.sample.origin
    inside = None if bounds is None else (bounds[0] - origin, bounds[1] - origin)
    inversion = invert(levels, q, inside, normal=resolved.plan.interval == "normal")
    return Quantile(found, levels, inversion, float(levels.variance_at(q)[inversion.at]))
