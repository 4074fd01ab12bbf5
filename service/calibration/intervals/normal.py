"""normal: the large-sample interval, as most published analyses have it.

Formula: estimate -+ normal quantile x standard error.
Shapes: contrast (D,). Units: outcome units.
Assumes: units independent, many humans in every arm. Breaks: too short below about 100 humans per arm.
Raises: nothing.
Source: Angelopoulos et al. 2301.09633. Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Pivot, Side, linked
from service.calibration.moments import FloatArray

CARD = Card(
    name="normal",
    title="Normal interval",
    formula="estimate -+ normal quantile x standard error",
    assumptions=("units are independent", "many humans in every arm"),
    limits=("too short below about 100 humans per arm: use t",),
    sources=("arXiv 2301.09633",),
)


@dataclass(frozen=True, slots=True)
class Normal:
    """The pivot (estimate - value) / error, standard normal; without any error all or nothing."""

    value: float
    error: float

    def bound(self, tail: float, side: Side) -> float:
        """Estimate minus (lower) or plus (upper) quantile x error."""
        reach = float(-ndtri(tail)) * self.error
        return self.value - reach if side == "lower" else self.value + reach

    def tail(self, value: float, side: Side) -> float:
        """Probability beyond the standardised distance from ``value`` to the estimate."""
        gap = self.value - value if side == "lower" else value - self.value
        if self.error == 0.0:
            return 0.0 if gap > 0.0 else 1.0
        return float(ndtr(-gap / self.error))


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Pivot:  # noqa: ARG001 - the registry's signature
    """The normal pivot of a contrast (D,)."""
    return linked(Normal, context, estimate.frame.sample.link)
