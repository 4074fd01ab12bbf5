"""Tipping: how wrong the weights would have to be for the sign of an estimate to turn.

Formula: with true weights anywhere in [w_i / G, G w_i], an arm's weighted mean of e_i = y_i - b'c_i has the extremes
    min (max) of sum v_i e_i / sum v_i over v in the box,
a linear-fractional programme, solved at v_i = G w_i for the smallest (largest) e_i and w_i / G for all others: one of
n + 1 splits of the sorted e. The pool's part, mean_target(b'c), and b stay as they are; arms tip independently, each
against the sign: extreme(G) = estimate - sign sum_d |t_d| (how far arm d can move). The tipping G is where it is the
null value; extremes are exact, G is found to rounding.
Shapes: n humans of an arm. Units: none (1: any error of the weights turns the sign).
Assumes: nothing of the weights' error but its size. Raises: nothing.
Source: Charnes & Cooper (1962), Naval Research Logistics Quarterly 9 (linear-fractional programmes); Zhao, Small &
Bhattacharya (2019), JRSS B 81:735-761 (marginal sensitivity models).
Differs: the bound is on the whole weight, not on an odds ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.sample import Units

FARTHEST = 1e6  # the largest G that is looked for


@dataclass(frozen=True, slots=True)
class Splits:
    """An arm's residuals in order, split after each: sums of w and of w e before every split (n + 1,); |t_d|.

    Residuals have the sign of the arm's part in an estimate, so that they tip it by falling.
    """

    weight: FloatArray
    weighted: FloatArray
    size: float

    def fall(self, gamma: float) -> float:
        """How far the weighted mean of e can fall when weights may be wrong by this factor."""
        more, w, we = gamma * gamma - 1.0, self.weight[-1], self.weighted[-1]
        lowest = (self.weighted * more + we) / (self.weight * more + w)
        return self.size * float(we / w - lowest.min())


def tipping_gamma(estimate: Estimate, contrast: FloatArray, gap: float) -> float | None:
    """The largest G at which estimate minus null value, ``gap``, keeps its sign; None: it does for every G up to 1e6.

    1 where the estimate is the null value.
    """
    if gap == 0.0:
        return 1.0
    sign = 1.0 if gap > 0.0 else -1.0
    arms = [_splits(estimate, d, float(contrast[d]) * sign) for d in np.flatnonzero(contrast).tolist()]
    return _root(lambda gamma: abs(gap) - sum(arm.fall(gamma) for arm in arms))


def _splits(estimate: Estimate, arm: int, part: float) -> Splits:
    """e_i of an arm's humans, with what was taken out of outcome and columns put back."""
    units, slope = estimate.frame.sample.human[arm], estimate.slope[arm]
    assert isinstance(units, Units)
    assert units.y is not None
    assert units.x is not None
    assert units.on_target is not None
    assert units.weight is not None
    e = units.y - slope @ units.c + (units.on_target[0] - slope @ units.on_target[1:]) @ units.x
    e = e if part > 0.0 else -e
    order = np.argsort(e, kind="stable")
    e, w = e[order], units.weight[order]
    return Splits(np.concatenate(([0.0], np.cumsum(w))), np.concatenate(([0.0], np.cumsum(w * e))), abs(part))


def _root(left: Callable[[float], float]) -> float | None:
    """Where what is left of a gap falls to 0: bracketed by doubling, then by bisection of log G."""
    high = 2.0
    while left(high) > 0.0:
        if high >= FARTHEST:
            return None
        high = min(high * high, FARTHEST)
    low, top = 0.0, float(np.log(high))
    while low < (middle := (low + top) / 2.0) < top:
        low, top = (middle, top) if left(float(np.exp(middle))) > 0.0 else (low, middle)
    return float(np.exp(low))
