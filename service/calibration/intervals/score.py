"""score: Wilson's interval for a share at its effective sample size, and contrasts of shares by MOVER.

Formula: for arm d, p = clip(mu_d, 0, 1), n* = p(1 - p)/Var(mu_d) and k the t quantile at the arm's df,
    l, u = (p + k^2/2n*)/(1 + k^2/n*) -+ k/(1 + k^2/n*) sqrt(p(1 - p)/n* + k^2/4n*^2)
In n*, p is kept away from 0 and 1 by half a human, or by the humans' own share and its rest where those are less and
not 0 (answers between the bounds); n* is the number of humans where the variance is 0.
Contrast sum t_d mu_d with delta_d = t_d (p_d - l_d) for t_d > 0, t_d (p_d - u_d) for t_d < 0 (limits swapped above):
    L = sum t_d p_d - sqrt( sum_d delta_d^2 + 2 sum_{d<e} sign(t_d t_e) r_de delta_d delta_e )
with r_de the correlation of the two arms' estimates, which is not 0 where they share a pool.
The p-value is the tail at which L or U reaches the null value, by root finding.
Shapes: contrast (D,). Units: outcome units; outcomes are mapped from [low, high] to [0, 1] and back.
Assumes: an outcome between two known bounds: 0 and 1, ``bounds``, or the only two answers given. Breaks: fewer than 5
minority answers per arm (``rare_outcome``): conservative or short by the luck of the lattice.
Raises: ``not_a_proportion``.
Source: Wilson (1927); Newcombe (1998), Statistics in Medicine 17:873-890, method 10; Zou & Donner (2008), Statistics in
Medicine 27:1693-1702; Zou (2008), American Journal of Epidemiology 168:212-224 for correlated estimates.
Differs: t in place of normal quantiles; effective instead of actual counts; any outcome between the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, stdtrit

from service.calibration.card import Card
from service.calibration.crossing import crossing
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Side
from service.calibration.intervals.requirements import share_scale
from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.variance import contrast_variance

FARTHEST = 37.0  # normal quantile of the smallest tail that is told from 0
LARGEST = 1e100  # quantiles are squared

CARD = Card(
    name="score",
    title="Score interval for shares (Wilson; contrasts by MOVER)",
    formula="Wilson's interval at the effective sample size p(1 - p)/variance with the t quantile; contrasts combine "
    "the arms' limits by the method of variance estimates recovery",
    assumptions=("units are independent", "the outcome lies between two known bounds, as a share or a yes/no answer"),
    limits=("fewer than 5 answers of the rarer kind per arm: no interval is trustworthy",),
    sources=("Wilson (1927), JASA 22", "Newcombe (1998), SiM 17:873-890", "Zou & Donner (2008), SiM 27:1693-1702"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """One arm's part: weight in outcome units, share, effective sample size (infinite: no variance), df."""

    weight: float
    p: float
    size: float
    df: float

    def limit(self, k: float, sign: float) -> float:
        """Wilson's lower (sign -1) or upper (sign 1) limit at quantile k >= 0."""
        square = k * k / self.size
        middle = self.p + square / 2.0
        reach = k * sqrt((self.p * (1.0 - self.p) + square / 4.0) / self.size)
        return min(1.0, max(0.0, (middle + sign * reach) / (1.0 + square)))


@dataclass(frozen=True, slots=True)
class Mover:
    """The pivot of sum weight_d p_d + shift; ``correlation`` (D, D) is that of the weighted shares, signs included."""

    shares: tuple[Share, ...]
    correlation: FloatArray
    shift: float

    @property
    def value(self) -> float:
        """The contrast at the clipped shares."""
        return self.shift + sum(s.weight * s.p for s in self.shares)

    def bound(self, tail: float, side: Side) -> float:
        """The contrast's limit; above one half the other side's at the rest."""
        below = (side == "lower") == (tail <= 0.5)
        reach = self._reach(min(tail, 1.0 - tail), "lower" if below else "upper")
        return self.value - reach if below else self.value + reach

    def tail(self, value: float, side: Side) -> float:
        """The tail at which the limit reaches ``value``, found on the normal scale."""
        gap = self.value - value if side == "lower" else value - self.value
        if gap == 0.0:
            return 0.5
        if gap < 0.0:
            return 1.0 - self.tail(value, "upper" if side == "lower" else "lower")
        return float(ndtr(-crossing(lambda z: self._reach(float(ndtr(-z)), side) - gap, FARTHEST)))

    def _reach(self, tail: float, side: Side) -> float:
        """Distance from the contrast to its limit with this tail, at most one half."""
        outward = -1.0 if side == "lower" else 1.0
        parts = np.empty(len(self.shares))
        for d, share in enumerate(self.shares):
            sign = outward if share.weight > 0.0 else -outward
            limit = share.limit(min(float(-stdtrit(share.df, tail)), LARGEST), sign)
            parts[d] = abs(share.weight * (share.p - limit))
        return sqrt(max(0.0, float(parts @ self.correlation @ parts)))


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Mover:
    """The score pivot of a contrast (D,)."""
    scale = share_scale(estimate.frame, context.bounds)
    names = np.array(estimate.frame.sample.arms)
    used = list(dict.fromkeys(names[contrast != 0.0].tolist()))
    parts = [np.where(names == name, contrast, 0.0) for name in used]
    shares = tuple(_share(estimate, part, scale, context.population) for part in parts)
    return Mover(shares, _correlation(estimate, parts, context.population), scale[0] * float(contrast.sum()))


def _share(estimate: Estimate, part: FloatArray, scale: tuple[float, float], population: Population) -> Share:
    """One arm's part (D,) of a contrast, all its strata together, on the scale of shares."""
    low, high = scale
    weight = float(part.sum())
    variance, df = contrast_variance(estimate, part / weight, population)
    arms, origin = estimate.frame.human, estimate.frame.sample.origin
    n = sum(arms[d].n for d in np.flatnonzero(part))
    means = np.array([arm.mean[0] for arm in arms])
    p, own = ((float(part @ m) / weight + origin - low) / (high - low) for m in (estimate.theta, means))
    kept = min(max(p, _nearest(own, n)), 1.0 - _nearest(1.0 - own, n))
    size = kept * (1.0 - kept) * (high - low) ** 2 / variance if variance > 0.0 else float(n)
    return Share(weight * (high - low), min(1.0, max(0.0, p)), size, df)


def _nearest(share: float, n: int) -> float:
    """How near 0 a share of n humans may come in n*, where their own is ``share``."""
    return min(0.5 / n, share) if share > 0.0 else 0.5 / n


def _correlation(estimate: Estimate, parts: list[FloatArray], population: Population) -> FloatArray:
    """Correlation matrix of the arms' parts (D,) of a contrast, from the variances of their sums."""
    own = [contrast_variance(estimate, part, population)[0] for part in parts]
    found = np.eye(len(parts))
    for d in range(len(parts)):
        for e in range(d):
            both = contrast_variance(estimate, parts[d] + parts[e], population)[0]
            scale = 2.0 * sqrt(own[d] * own[e])
            r = (both - own[d] - own[e]) / scale if scale > 0.0 else 0.0
            found[d, e] = found[e, d] = min(1.0, max(-1.0, r))
    return found
