"""Entropy balancing: the weights closest to the base weights under which every row of x averages 0.

Formula: w_i = d_i exp(lambda'x_i) / sum_j d_j exp(lambda'x_j), where lambda minimises the dual
log sum_i d_i exp(lambda'x_i); its slope is sum w_i x_i and its curvature the weighted covariance of x. Newton's method,
on the directions in which x varies, scaled to variance 1.
Shapes: x (k, n) deviations from the target; base (n,). Units: none.
Assumes: 0 is inside the convex hull of the units' x. Breaks: where it is not there are no such weights: told, not
raised.
Raises: nothing.
Source: Hainmueller (2012), Political Analysis 20:25-46, section 3.2; Zhao & Percival (2017), Journal of Causal
Inference 5 for double robustness.
Differs: base weights may be survey weights; numeric means and shares of categories together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.newton import Local, maximum

DEPENDENT = 1e-12  # share of the largest variance below which a direction does not vary
CONSTANT, TINY = 1e-16, 1e-200  # share of a row's mean square below which it does not vary
MET = 1e-9  # largest error of a mean, in standard deviations of its row, with which margins are met


@dataclass(frozen=True, slots=True)
class Tilt:
    """Weights (n,) that sum to 1, and whether they meet every margin."""

    weight: FloatArray
    met: bool


def balanced(base: FloatArray, x: FloatArray) -> Tilt:
    """The tilt of base weights (n,) that makes every row of x (k, n) average 0."""
    d = base / base.sum()
    z = directions(x, d) @ x
    log_base = np.log(d)

    def at(theta: FloatArray) -> Local:
        eta = theta @ z
        highest = float((eta + log_base).max())
        raw = np.exp(eta + log_base - highest)
        w = raw / raw.sum()
        mean = z @ w
        centred = z - mean[:, None]
        likelihood = -(highest + float(np.log(raw.sum())))
        return Local(likelihood, -mean, (centred * w) @ centred.T, float(np.ptp(eta)))

    theta, found = maximum(at, np.zeros(len(z)))
    eta = theta @ z + log_base
    raw = np.exp(eta - eta.max())
    w = raw / raw.sum()
    return Tilt(w, found and met(w, x, d))


def met(weight: FloatArray, x: FloatArray, base: FloatArray) -> bool:
    """Whether every row of x averages 0, in standard deviations of the row among the units."""
    return bool((np.abs(x @ weight) <= MET * spread(x, base)).all())


def spread(x: FloatArray, share: FloatArray) -> FloatArray:
    """Standard deviations (k,) of the rows of x (k, n) under weights that sum to 1; at least rounding."""
    centred = x - (x @ share)[:, None]
    return np.asarray(np.sqrt(np.maximum((centred * centred) @ share, CONSTANT * ((x * x) @ share) + TINY)))


def directions(x: FloatArray, share: FloatArray) -> FloatArray:
    """V (r, k) with V x of variance 1 and uncorrelated: the directions in which the rows of x vary."""
    scale = spread(x, share)
    centred = (x - (x @ share)[:, None]) / scale[:, None]
    values, vectors = np.linalg.eigh((centred * share) @ centred.T)
    kept = values > DEPENDENT * max(float(values.max(initial=0.0)), 1e-3)
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])).T / scale)
