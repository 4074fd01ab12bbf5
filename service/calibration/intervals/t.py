"""t: the Student interval, the default.

Formula: estimate -+ t quantile(df) x standard error; p-value P(t_df > |estimate - null| / standard error).
Shapes: contrast (D,). Units: outcome units.
Assumes: units (or clusters) independent, the estimate near normal. Breaks: rare binary outcomes and heavy skew below
about 30 humans per arm. Raises: nothing.
Source: Bell & McCaffrey (2002); Imbens & Kolesar (2016), REStat 98:701-712; Satterthwaite (1946).
Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Pivot, Side, linked
from service.calibration.moments import FloatArray

CARD = Card(
    name="t",
    title="t interval (default)",
    formula="estimate -+ t quantile x standard error; Bell-McCaffrey degrees of freedom, Satterthwaite's for sums",
    assumptions=("units are independent",),
    limits=(
        "rare binary outcomes and heavy skew below about 30 humans per arm",
        "under-covers with ignored clusters",
    ),
    sources=("Bell & McCaffrey (2002)", "Imbens & Kolesar (2016), REStat 98:701-712", "Satterthwaite (1946)"),
)


@dataclass(frozen=True, slots=True)
class StudentT:
    """The pivot (estimate - value) / error with df degrees of freedom; without any error all or nothing."""

    value: float
    error: float
    df: float

    def bound(self, tail: float, side: Side) -> float:
        """Estimate minus (lower) or plus (upper) quantile x error."""
        reach = float(-stdtrit(self.df, tail)) * self.error
        return self.value - reach if side == "lower" else self.value + reach

    def tail(self, value: float, side: Side) -> float:
        """Probability beyond the studentised distance from ``value`` to the estimate."""
        gap = self.value - value if side == "lower" else value - self.value
        if self.error == 0.0:
            return 0.0 if gap > 0.0 else 1.0
        return float(stdtr(self.df, -gap / self.error))


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Pivot:  # noqa: ARG001 - the registry's signature
    """The Student pivot of a contrast (D,)."""
    return linked(lambda value, error: StudentT(value, error, context.df), context, estimate.frame.sample.link)
