"""The result of a contrast of quantiles: estimate, standard error, df, interval and p-value from the arms' inversions.

Formula: see ``mover`` for the limits. Standard error: root of sum_d t_d^2 se_d^2 + 2 sum_{d<e} t_d t_e r_de se_d se_e;
df: Satterthwaite's over the arms' own, each at its estimate.
Shapes: D arms used. Units: outcome units.
Source: Zou & Donner (2008); Satterthwaite (1946). Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from service.calibration import inference
from service.calibration.inference import Result, Settings
from service.calibration.intervals.pivot import Pivot
from service.calibration.moments import FloatArray
from service.calibration.quantiles.inversion import Inversion
from service.calibration.quantiles.mover import combine


@dataclass(frozen=True, slots=True)
class Parts:
    """The arms of a contrast: inversions, weights t (D,), correlation of the shares (D, D), the outcome's origin."""

    arms: tuple[Inversion, ...]
    weights: FloatArray
    correlation: FloatArray
    origin: float

    @property
    def pivot(self) -> Pivot:
        """What interval and p-value come from: the arm's own inversion, or the arms' combined."""
        if self.single:
            return self.arms[0].shifted(self.origin)
        signs = np.sign(self.weights)
        return combine(self.arms, self.weights.tolist(), self.correlation * np.outer(signs, signs))

    @property
    def single(self) -> bool:
        """Whether it is one arm itself."""
        return len(self.arms) == 1

    @property
    def value(self) -> float:
        """The estimate."""
        level = self.origin if self.single else 0.0
        return float(self.weights @ [arm.value for arm in self.arms]) + level

    def spread(self, errors: Sequence[float]) -> float:
        """The standard error of the contrast from one per arm."""
        scaled = self.weights * np.array(errors)
        return sqrt(max(0.0, float(scaled @ self.correlation @ scaled)))

    @property
    def df(self) -> float:
        """Satterthwaite's degrees of freedom."""
        own = np.array([arm.df for arm in self.arms])
        squares = (self.weights * [arm.error for arm in self.arms]) ** 2
        total = float(squares.sum())
        return total * total / float((squares * squares / own).sum()) if total > 0.0 else float(own.min())


def result(parts: Parts, settings: Settings) -> Result:
    """The result of a contrast; settings' method is t or normal."""
    interval, p_value = inference.decided(parts.pivot, settings.method, settings, None)
    error = parts.spread([arm.error for arm in parts.arms])
    return Result(parts.value, error, parts.df if settings.method == "t" else None, p_value, interval)


def settings_of(settings: Settings, interval: str) -> Settings:
    """Settings with the interval that quantiles have: ``normal`` where it is asked for, else ``t``."""
    return replace(settings, method="normal" if interval == "normal" else "t")


def for_arms(settings: Settings) -> Settings:
    """How an arm's own quantile is reported beside differences: nothing is tested."""
    alternative = settings.alternative if settings.alternative in ("less", "greater") else "two_sided"
    return replace(settings, null_value=None, alternative=alternative)
