"""confidence_sequence: an interval that stays valid however often the data are looked at, and whenever one stops.

Formula: with n humans behind the contrast and v = n rho^2, the one-sided bound with error a is
    estimate -+ z(a) x standard error,   z(a) = sqrt( 2 (v + 1)/v  log(1 + sqrt(v + 1)/(2 a)) )
and the p-value at distance z is a(z) = sqrt(v + 1) / (2 (exp(z^2 v / (2 (v + 1))) - 1)), at most 1.
rho is fixed, best for ``PLANNED`` humans at error .05 two-sided: rho^2 = (-2 log .05 + log(1 - 2 log .05)) / PLANNED.
z is turned into a t distance with the estimate's degrees of freedom: t = T_df^{-1}(Phi(z)).
Shapes: contrast (D,). Units: outcome units.
Assumes: units independent, arriving in random order; LLM-only units fixed in proportion. Asymptotic: share of .95
sequences that miss at any of 5,000 looks, by the first look (4,000 streams, one population, Monte Carlo error .003):
    first look at    30     60     100    200
    Gaussian         .035   .035   .034   .031
    exponential      .061   .056   .052   .043
    yes/no, .1       .110   .074   .059   .044
Breaks: a first look before about 100 humans of a skewed outcome, or before 20 answers of the rarer kind.
Raises: nothing.
Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2103.06476 (one-sided form); Howard, Ramdas, McAuliffe & Sekhon
1810.08240, the one-sided normal mixture.
Differs: the t distance, which matters at early looks only; rho never depends on data.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, inf, log, log1p, sqrt

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Side
from service.calibration.moments import FloatArray

PLANNED = 500
RHO_SQUARED = (-2.0 * log(0.05) + log(1.0 - 2.0 * log(0.05))) / PLANNED
LARGEST_EXPONENT = 700.0  # beyond this exp overflows and the p-value is 0

CARD = Card(
    name="confidence_sequence",
    title="Asymptotic confidence sequence (anytime-valid)",
    formula="estimate -+ normal-mixture boundary x standard error, valid at every look at once; tuned for 500 humans",
    assumptions=(
        "units are independent and arrive in random order",
        "a first look not before about 100 humans, or 20 of the rarer answer",
    ),
    limits=(
        "1.55 times as wide as the t interval at 500 humans, 1.75 times at 90, 2.6 times at 20",
        "asymptotic: a first look at 30 humans misses 6 % with exponential outcomes, 11 % with a share of .1",
    ),
    sources=("arXiv 2103.06476", "arXiv 1810.08240"),
)


@dataclass(frozen=True, slots=True)
class Mixture:
    """The normal-mixture pivot at intrinsic time v = n rho^2; without any error all or nothing."""

    value: float
    error: float
    df: float
    time: float

    def bound(self, tail: float, side: Side) -> float:
        """Estimate minus (lower) or plus (upper) boundary x error."""
        z = sqrt(2.0 * (self.time + 1.0) / self.time * log1p(sqrt(self.time + 1.0) / (2.0 * tail)))
        reach = float(-stdtrit(self.df, float(ndtr(-z)))) * self.error
        return self.value - reach if side == "lower" else self.value + reach

    def tail(self, value: float, side: Side) -> float:
        """The anytime p-value of the distance from ``value`` to the estimate."""
        gap = self.value - value if side == "lower" else value - self.value
        if gap <= 0.0:
            return 1.0
        z = float(-ndtri(float(stdtr(self.df, -gap / self.error)))) if self.error > 0.0 else inf
        exponent = z * z * self.time / (2.0 * (self.time + 1.0))
        if not exponent < LARGEST_EXPONENT:
            return 0.0
        root = sqrt(self.time + 1.0)
        return root / max(root, 2.0 * expm1(exponent))


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Mixture:
    """The mixture pivot of a contrast (D,) at the number of humans of the arms it compares."""
    n = sum(estimate.frame.human[d].n for d in np.flatnonzero(contrast))
    return Mixture(context.value, context.standard_error, context.df, n * RHO_SQUARED)
