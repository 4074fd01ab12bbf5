"""The published point at a given lambda: least squares in two parts, or the root of the rectified score.

Formula: linear     theta = lambda OLS(x_only, f_only) + OLS(x, y - lambda f)
         logistic,  lambda/N sum_only x (m - f) + (1 - lambda)/n sum_human x m - 1/n sum_human x (y - lambda f) = 0,
         poisson    m = b'(x'theta) the mean, b(eta) = log(1 + exp(eta)) or exp(eta); convex for lambda in [0, 1]
Newton steps, halved until the loss falls; the last step is below 1e-8 on the scale of x'theta, so the point is at
rounding error.
Shapes: theta (k,), rows as in ``Rows``. Units: outcome (linear), log odds, log of the mean.
Assumes: 0 <= lambda <= 1. Breaks: at lambda = 1 the root need not exist (predictions that ask for a mean outside the
range of the family).
Raises: NotIdentified ``collinear_terms``, ``no_maximum``.
Source: Angelopoulos, Duchi & Zrnic 2311.01453, section 4; ppi-python 0.2.3, ppi_ols_pointestimate and kin.
Differs: ppi-python stops L-BFGS-B at a tolerance and answers whatever it reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from service.calibration.errors import CalibrationError, NotIdentified
from service.calibration.moments import FloatArray
from service.calibration.published.rows import Family, Rows, least_squares

STEPS, HALVINGS = 100, 60
SMALL, DONE = 1e-3, 1e-8  # steps of x'theta below which the loss is not asked, and below which the next one is rounding
ARMIJO = 1e-4


@dataclass(frozen=True, slots=True)
class Link:
    """A family's cumulant b, mean b' and variance b'', each as a function of eta = x'theta."""

    cumulant: Callable[[FloatArray], FloatArray]
    mean: Callable[[FloatArray], FloatArray]
    variance: Callable[[FloatArray], FloatArray]


LINKS: dict[Family, Link] = {
    "linear": Link(lambda eta: eta * eta / 2.0, lambda eta: eta, np.ones_like),
    "logistic": Link(
        lambda eta: np.logaddexp(0.0, eta),
        lambda eta: np.asarray(expit(eta)),
        lambda eta: np.asarray(expit(eta) * expit(-eta)),
    ),
    "poisson": Link(np.exp, np.exp, np.exp),
}


@dataclass(frozen=True, slots=True)
class Tilted:
    """The loss sum w b(x'theta) - target'theta: x (k, t), target (k,), w (t,); convex where no w is negative."""

    x: FloatArray
    w: FloatArray
    target: FloatArray
    link: Link

    def loss(self, eta: FloatArray, theta: FloatArray) -> float:
        """The loss; infinite or nan where the cumulant overflows."""
        return float(self.w @ self.link.cumulant(eta) - self.target @ theta)

    def step(self, eta: FloatArray) -> tuple[FloatArray, float]:
        """The Newton step (k,) at eta (t,), and the slope of the loss along it (negative)."""
        gradient = self.x @ (self.w * self.link.mean(eta)) - self.target
        hessian = (self.x * (self.w * self.link.variance(eta))) @ self.x.T
        scale = np.sqrt(np.diag(hessian))
        step = -np.linalg.solve(hessian / np.outer(scale, scale), gradient / scale) / scale
        return step, float(gradient @ step)


def points(family: Family, rows: Rows) -> Callable[[float], FloatArray]:
    """The point theta (k,) as a function of lambda; the designs are factorised once.

    Raises ``collinear_terms``, for every family; the function ``no_maximum``.
    """
    human = least_squares(rows.x, np.column_stack([rows.y, rows.f]))
    imputed = least_squares(rows.x_only, rows.f_only[:, None])[:, 0]
    if family == "linear":
        return lambda lam: np.asarray(human[:, 0] + lam * (imputed - human[:, 1]))
    return lambda lam: minimum(tilted(rows, lam, LINKS[family]))


def tilted(rows: Rows, lam: float, link: Link) -> Tilted:
    """The rectified loss at lambda, units of weight zero left out (their cumulant may overflow)."""
    target = rows.x @ (rows.y - lam * rows.f) / rows.n + lam * (rows.x_only @ rows.f_only) / rows.m
    parts = [(rows.x, 1.0 - lam), (rows.x_only, lam)]
    kept = [(x, np.full(x.shape[1], share / x.shape[1])) for x, share in parts if share != 0.0]
    return Tilted(np.hstack([x for x, _ in kept]), np.concatenate([w for _, w in kept]), target, link)


def minimum(loss: Tilted) -> FloatArray:
    """The minimiser theta (k,) of a convex loss by damped Newton steps from 0."""
    theta = np.zeros(len(loss.target))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            eta = theta @ loss.x
            try:
                step, slope = loss.step(eta)
            except np.linalg.LinAlgError:
                break
            move = step @ loss.x
            size = float(np.abs(move).max())
            theta = theta + (1.0 if size < SMALL else _damping(loss, theta, step, slope)) * step
            if size < DONE:
                return theta
            if not np.isfinite(theta).all():
                break
    raise unsolved()


def unsolved() -> CalibrationError:
    """The refusal of data that ask for a mean at or beyond the edge of the family's range."""
    return NotIdentified.at(
        "/data",
        "no_maximum",
        "the rectified equations have no finite solution in the family's range",
        "check the predictions' scale and rare outcomes; estimator regression needs no such solution",
    )


def _damping(loss: Tilted, theta: FloatArray, step: FloatArray, slope: float) -> float:
    """The largest of 1, 1/2, 1/4.. at which the loss falls by a share of what the slope promises."""
    start, factor = loss.loss(theta @ loss.x, theta), 1.0
    for _ in range(HALVINGS):
        there = theta + factor * step
        if loss.loss(there @ loss.x, there) <= start + ARMIJO * factor * slope:
            break
        factor /= 2.0
    return factor


def bread(x: FloatArray, curvature: FloatArray) -> FloatArray:
    """(x diag(curvature) x' / t)^{-1}, (k, k), for x (k, t); raises ``no_maximum`` where it does not exist."""
    if not (np.isfinite(curvature).all() and curvature.any()):
        raise unsolved()
    hessian = (x * curvature) @ x.T / x.shape[1]
    scale = np.sqrt(np.diag(hessian))
    return np.asarray(np.linalg.inv(hessian / np.outer(scale, scale)) / np.outer(scale, scale))
