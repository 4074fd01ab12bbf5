"""Restricted maximum likelihood of one variance between studies, beside known sampling variances.

Formula: y ~ N(X b, diag(v) + t I), W = (diag(v) + t I)^-1, A = X'W X, b = A^-1 X'W y, r = y - X b;
l(t) = (sum log W - log|A_1| - r'W r)/2 with A_1 the block of the first ``integrated`` columns (all: REML; one, the
constant: the likelihood in which a bivariate normal model with flat means factors);
l'(t) = (-sum W + tr(A_1^-1 X_1'W^2 X_1) + r'W^2 r)/2. l is looked at on a grid from 0 to a bound beyond which l' < 0
(m + sqrt(m max v), m = RSS/(n - p)), and the root of l' next to the best point is found by regula falsi.

**Shapes** y (n,), X (n, p), v (n,), p <= 2; t >= 0.
**Units** t and v in squared units of y.
**Assumes** independent rows: correlated ones are rotated first (sampling.py).
**Breaks** two modes closer together than the grid's steps of a factor 1.5.
**Raises** nothing; n > p and X of full rank are the caller's.
**Source** Harville (1977), JASA 72:320-338, for REML; the bound follows from
|Py|^2 <= RSS/t^2 and tr P >= (n - p)/(max v + t).
**Differs** from packages that climb from one start: the grid finds the higher of two modes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray

POINTS, SMALLEST = 49, 1e-8  # of the grid; its least positive point relative to the bound
STEPS, NEAR = 60, 1e-14
TIED = 1e-10  # a difference of log likelihoods that is rounding: the smaller variance is taken
FINE, NEGLIGIBLE = 200, 14.0  # points of the mean over the likelihood, and what of its logarithm is left out


@dataclass(frozen=True, slots=True)
class Rows:
    """Uncorrelated rows: outcomes (n,), columns (n, p), known variances (n,)."""

    y: FloatArray
    x: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class Reml:
    """Variance between studies, coefficients (p,), A = X'W X (p, p), weighted sum of squared residuals r'W r."""

    tau2: float
    coefficients: FloatArray
    information: FloatArray
    residual: float


def reml(rows: Rows, integrated: int | None = None) -> Reml:
    """The fit at the largest restricted likelihood."""
    flat = rows.x.shape[1] if integrated is None else integrated
    grid = _bound(rows) * np.concatenate([[0.0], np.geomspace(SMALLEST, 1.0, POINTS)])
    likelihood = log_likelihood(rows, grid, flat)
    best = int(np.argmax(likelihood >= likelihood.max() - TIED))
    tau2 = _root(rows, flat, float(grid[max(best - 1, 0)]), float(grid[min(best + 1, POINTS)]))
    weights, information, coefficients, residuals = _fitted(rows, tau2)
    return Reml(tau2, coefficients, information, float(weights @ residuals**2))


def mean_variance(rows: Rows, tau2: float) -> float:
    """The mean of the variance over its restricted likelihood, flat in its root and up to the bound; at least tau2."""
    top = _bound(rows)
    if top <= SMALLEST * rows.variance.min():
        return tau2
    coarse = top * np.geomspace(SMALLEST, 1.0, POINTS)
    flat = rows.x.shape[1]
    likelihood = log_likelihood(rows, coarse, flat)
    beyond = coarse[(coarse > tau2) & (likelihood < likelihood.max() - NEGLIGIBLE)]
    grid = np.linspace(0.0, np.sqrt(beyond[0] if len(beyond) else top), FINE) ** 2
    logs = log_likelihood(rows, grid, flat)
    weights = np.exp(logs - logs.max())
    weights[[0, -1]] /= 2.0
    return max(tau2, float(weights @ grid / weights.sum()))


def log_likelihood(rows: Rows, tau2: FloatArray, integrated: int) -> FloatArray:
    """The restricted log likelihood (g,) at each variance (g,), without its constant."""
    weights = 1.0 / (rows.variance + tau2[:, None])
    p = rows.x.shape[1]
    products = (rows.x[:, :, None] * rows.x[:, None, :]).reshape(-1, p * p)
    information = (weights @ products).reshape(-1, p, p)
    coefficients = np.linalg.solve(information, (weights @ (rows.x * rows.y[:, None]))[:, :, None])[:, :, 0]
    residuals = rows.y - coefficients @ rows.x.T
    penalty = np.linalg.slogdet(information[:, :integrated, :integrated])[1]
    found: FloatArray = (np.log(weights).sum(axis=1) - penalty - (weights * residuals**2).sum(axis=1)) / 2.0
    return found


def _fitted(rows: Rows, tau2: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    weights = 1.0 / (rows.variance + tau2)
    weighted = rows.x.T * weights
    information: FloatArray = weighted @ rows.x
    coefficients: FloatArray = np.asarray(np.linalg.solve(information, weighted @ rows.y), dtype=np.float64)
    residuals: FloatArray = rows.y - rows.x @ coefficients
    return weights, information, coefficients, residuals


def _root(rows: Rows, flat: int, lower: float, upper: float) -> float:
    """Where the likelihood stops rising between two variances (regula falsi, Illinois); the lower if it never rises."""
    rising, falling = _slope(rows, lower, flat), _slope(rows, upper, flat)
    if rising <= 0:
        return lower
    side, middle = 0, lower
    steps = 0
    while upper - lower > NEAR * upper and steps < STEPS:
        steps += 1
        middle = lower + (upper - lower) * rising / (rising - falling)
        slope = _slope(rows, middle, flat)
        if slope > 0:
            falling *= 0.5 if side > 0 else 1.0
            lower, rising, side = middle, slope, 1
        else:
            rising *= 0.5 if side < 0 else 1.0
            upper, falling, side = middle, slope, -1
    return middle


def _slope(rows: Rows, tau2: float, integrated: int) -> float:
    """The derivative of the restricted log likelihood."""
    weights, information, _, residuals = _fitted(rows, tau2)
    flat = rows.x[:, :integrated]
    spread = np.linalg.solve(information[:integrated, :integrated], (flat.T * weights**2) @ flat)
    return float(np.trace(spread) + np.sum((weights * residuals) ** 2) - np.sum(weights)) / 2


def _bound(rows: Rows) -> float:
    """A variance beyond which the likelihood falls."""
    residuals = rows.y - rows.x @ np.linalg.lstsq(rows.x, rows.y, rcond=None)[0]
    mean: float = float(np.sum(residuals**2)) / (rows.x.shape[0] - rows.x.shape[1])
    return mean + float(np.sqrt(mean * rows.variance.max()))
