"""Partial pooling: estimates of several subgroups drawn towards their common mean, as far as they do not differ.

Formula: y_g ~ N(theta_g, V_g), theta_g ~ N(mu, A), mu and A with flat priors. Given A: W_g = 1/(V_g + A),
B_g = V_g W_g, m = sum W_g y_g / sum W_g, and theta_g has mean (1 - B_g) y_g + B_g m and variance
V_g (1 - B_g) + B_g^2 / sum W_g. Both are averaged over A by the restricted likelihood of A,
    L(A) = prod W_g^(1/2) (sum W_g)^(-1/2) exp(-sum W_g (y_g - m)^2 / 2),
which needs four subgroups to have a finite integral; the variance of the mean over A is added. The interval is t with
    1/df = ((1 - B_g) V_g / v_g)^2 / df_g + (1 - (1 - B_g) V_g / v_g)^2 / sum_{h != g} df_h,
v_g the variance and B_g its average: what is a subgroup's own rests on its own degrees of freedom.
Shapes: G subgroups; arrays (G,). Units: those of the estimates.
Assumes: estimates of different subgroups are independent and close to normal, subgroups exchangeable before their data.
Breaks: the interval covers on average over subgroups; a subgroup unlike all others is drawn towards them and covered
less often. Raises: nothing.
Source: Morris (1983), JASA 78:47-55; Morris & Lysy (2012), Statistical Science 27:115-134, arXiv 1203.5610 (flat prior
on A); Dixon & Simon (1991), Biometrics 47:871-881 (subgroups). Differs: A is integrated over, not estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray

FEWEST = 4  # subgroups below which the variance between them has no finite average
STEP, REACH = 0.1, 40.0  # of log A: the grid, and how far it goes beyond the variances


@dataclass(frozen=True, slots=True)
class Pooled:
    """Estimates, variances, degrees of freedom and shrinkages of all subgroups, each (G,)."""

    estimate: FloatArray
    variance: FloatArray
    df: FloatArray
    shrinkage: FloatArray


def pooled(estimates: Sequence[float], variances: Sequence[float], degrees: Sequence[float]) -> Pooled:
    """Every subgroup's estimate drawn towards the mean; at least ``FEWEST`` of them, variances above 0."""
    level = float(np.mean(estimates))
    y, v = np.array(estimates) - level, np.array(variances)
    unit = float(v.max() + np.ptp(y) ** 2)
    low = np.log(v.min() / unit) - REACH
    between = np.exp(np.arange(low, 2.0 * REACH, STEP))[:, None]
    z, scaled = y / unit**0.5, v / unit
    w = 1.0 / (scaled + between)
    total = w.sum(axis=1, keepdims=True)
    mean = (w * z).sum(axis=1, keepdims=True) / total
    kept = scaled * w
    likelihood = 0.5 * (np.log(w).sum(axis=1) - np.log(total[:, 0]) - (w * (z - mean) ** 2).sum(axis=1))
    weight = np.exp(likelihood + np.log(between[:, 0]) - (likelihood + np.log(between[:, 0])).max())
    weight /= weight.sum()
    each = (1.0 - kept) * z + kept * mean
    centre, shrinkage = weight @ each, weight @ kept
    spread = weight @ (scaled * (1.0 - kept) + kept**2 / total + (each - centre) ** 2)
    own, df = (1.0 - shrinkage) * scaled / spread, np.array(degrees)
    others = np.array([np.delete(df, g).sum() for g in range(df.shape[0])])
    inverse = own**2 / df + (1.0 - own) ** 2 / others
    return Pooled(level + centre * unit**0.5, spread * unit, 1.0 / np.maximum(inverse, 1e-300), shrinkage)
