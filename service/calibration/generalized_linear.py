"""Generalised linear fits with their canonical links: coefficients, influence values and leverage.

Formula: m_i = g^{-1}(x_i' theta), v_i the variance at m_i (linear 1, logistic m(1 - m), Poisson m),
    sum w_i x_i (y_i - m_i) = 0,     H = sum w_i v_i x_i x_i',     phi_i = (H / sum w)^{-1} x_i (y_i - m_i)
    F_i = C^{-1} x_i sqrt(w_i v_i) with C C' = H,   h_i = |F_i|^2
Newton's method on columns scaled to unit length, halving steps that lower the likelihood; a linear fit is one step
and one of refinement.
Shapes: n units, k terms; answers (1, n), x (k, n), weights (n,) with any positive scale (0: not in the fit).
Units: link scale (linear: outcome units per unit of the term).
Raises: ``collinear_terms``. A fit that does not converge says so (``Fitted.converged``): separation, or no finite
maximum.
Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import expit

from service.calibration.errors import NotIdentified
from service.calibration.influence import Design, Fitted
from service.calibration.moments import FloatArray

COLLINEAR = 1e-9  # part of a scaled column outside the others, squared, below which it adds nothing
STEPS, HALVINGS = 60, 30
SMALL_STEP = 1e-11  # a Newton step below this share of the linear predictor's scale ends the search
FARTHEST = 30.0  # a linear predictor beyond which a fitted probability is 0 or 1


@dataclass(frozen=True, slots=True)
class Family:
    """Mean and variance as functions of the linear predictor, and the log likelihood up to a constant (n,)."""

    mean: Callable[[FloatArray], FloatArray]
    variance: Callable[[FloatArray], FloatArray]
    likelihood: Callable[[FloatArray, FloatArray], FloatArray]
    start: Callable[[float], float]
    bounded: bool


def _logit(share: float) -> float:
    inside = min(max(share, 1e-6), 1.0 - 1e-6)
    return float(np.log(inside / (1.0 - inside)))


LINEAR = Family(lambda eta: eta, np.ones_like, lambda y, eta: -0.5 * (y - eta) ** 2, lambda mean: mean, bounded=False)
LOGISTIC = Family(
    expit,
    lambda eta: expit(eta) * expit(-eta),
    lambda y, eta: y * eta - np.logaddexp(0.0, eta),
    _logit,
    bounded=True,
)
POISSON = Family(np.exp, np.exp, lambda y, eta: y * eta - np.exp(eta), lambda mean: float(np.log(mean)), bounded=False)


def fit(family: Family, answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """The weighted maximum likelihood fit of answers (1, n) on a design."""
    y, weight = answers[0], weight / weight.mean()
    scale = np.sqrt((design.x * design.x) @ weight)
    x = design.x / np.where(scale > 0.0, scale, 1.0)[:, None]
    theta, converged = _newton(family, y, x, weight, design)
    eta = theta @ x
    variance = family.variance(eta) * weight
    factor = lower_factor((x * variance) @ x.T, design)
    rows = solve_triangular(factor, x * np.sqrt(variance), lower=True, check_finite=False)
    residual = y - family.mean(eta)
    inverse = solve_triangular(factor, np.diag(1.0 / scale), lower=True, check_finite=False)
    n = float(weight.sum())
    influence = n * (inverse.T @ solve_triangular(factor, x * residual, lower=True, check_finite=False))
    return Fitted(design.names, theta / scale, influence, rows[None], factor.T * scale, converged=converged)


def _newton(
    family: Family, y: FloatArray, x: FloatArray, weight: FloatArray, design: Design
) -> tuple[FloatArray, bool]:
    """Coefficients (k,) of scaled terms, and whether the search ended at a maximum."""
    theta = _started(family, y, x, weight, design)
    for step in range(STEPS):
        eta = theta @ x
        slope = x @ (weight * (y - family.mean(eta)))
        factor = lower_factor((x * (weight * family.variance(eta))) @ x.T, design)
        move = solve_triangular(factor.T, solve_triangular(factor, slope, lower=True), lower=False)
        if family is LINEAR:
            theta = theta + move
            if step:
                return theta, True
            continue
        reach = float(np.abs(move @ x).max())
        theta, eta = _climbed(family, (y, x, weight), theta, move)
        if family.bounded and float(np.abs(eta).max()) > FARTHEST:
            return theta, False
        if reach < SMALL_STEP * (1.0 + float(np.abs(eta).max())):
            return theta, True
    return theta, False


def _started(family: Family, y: FloatArray, x: FloatArray, weight: FloatArray, design: Design) -> FloatArray:
    """The coefficients of the constant alone, where the terms have one; else 0."""
    theta = np.zeros(x.shape[0])
    mean = float(weight @ y) / float(weight.sum())
    if design.names and design.names[0] == "intercept" and mean > 0.0:
        theta[0] = family.start(mean) / x[0, 0]
    return theta


def _climbed(
    family: Family, data: tuple[FloatArray, FloatArray, FloatArray], theta: FloatArray, move: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The step, halved until the likelihood does not fall, and its linear predictor."""
    y, x, weight = data
    before = float(weight @ family.likelihood(y, theta @ x))
    for _ in range(HALVINGS):
        eta = (theta + move) @ x
        after = float(weight @ family.likelihood(y, eta))
        if after >= before - 1e-12 * abs(before):
            break
        move = move / 2.0
    return theta + move, eta


def lower_factor(gram: FloatArray, design: Design) -> FloatArray:
    """The lower factor of a Gram matrix (k, k); refuses terms that repeat the terms before them."""
    size = np.sqrt(np.maximum(gram.diagonal(), 0.0))
    factor = np.zeros_like(gram)
    for j in range(gram.shape[0]):
        row = solve_triangular(factor[:j, :j], gram[:j, j], lower=True, check_finite=False) if j else np.zeros(0)
        rest = float(gram[j, j] - row @ row)
        if not rest > COLLINEAR * size[j] ** 2:
            raise NotIdentified.at(
                design.keys[j] if design.keys else "/plan/estimand",
                "collinear_terms",
                f"term {design.names[j]!r} repeats what the terms before it say",
                "leave it out, or join levels so that no term is a combination of others",
            )
        factor[j, :j], factor[j, j] = row, np.sqrt(rest)
    return factor
