"""Generalised linear fits with their canonical links: coefficients, influence values and leverage.

Formula: m_i = g^{-1}(x_i' theta), v_i the variance at m_i (linear 1, logistic m(1 - m), Poisson m),
    sum w_i x_i (y_i - m_i) = 0,     H = sum w_i v_i x_i x_i',     phi_i = (H / sum w)^{-1} x_i (y_i - m_i)
    F_i = C^{-1} x_i sqrt(w_i v_i) with C C' = H,   h_i = |F_i|^2
Newton's method: no step moves a linear predictor by more than 10, and one after which the decrement is larger is
halved; a linear fit is one step and one of refinement.
Collinearity is judged term by term relative to the term's own size, so scales do not matter.
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
LONGEST = 10.0  # the most a step moves a linear predictor: farther away one group's rate hides all others
FALLS = 1.0 + 1e-9  # a decrement that grows by more than this went too far


@dataclass(frozen=True, slots=True)
class Family:
    """The mean m as a function of the linear predictor, the variance as one of the mean, and where to start."""

    mean: Callable[[FloatArray], FloatArray]
    variance: Callable[[FloatArray], FloatArray] | None
    start: Callable[[float], float]
    bounded: bool = False


def _logit(share: float) -> float:
    inside = min(max(share, 1e-6), 1.0 - 1e-6)
    return float(np.log(inside / (1.0 - inside)))


LINEAR = Family(lambda eta: eta, None, lambda mean: mean)
LOGISTIC = Family(expit, lambda m: m * (1.0 - m), _logit, bounded=True)
POISSON = Family(np.exp, lambda m: m, lambda mean: float(np.log(mean)))


def fit(family: Family, answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """The weighted maximum likelihood fit of answers (1, n) on a design."""
    y, weight, x = answers[0], weight / weight.mean(), design.x
    if family.variance is None:
        theta, mean, converged = *_solved(y, design, weight), True
        scores = weight
    else:
        theta, mean, converged = _newton(family, y, design, weight)
        scores = weight * family.variance(mean)
    lower = lower_factor((x * scores) @ x.T, design)
    inverse = solve_triangular(lower, np.eye(len(x)), lower=True, check_finite=False)
    influence = (float(weight.sum()) * (inverse.T @ inverse)) @ x
    influence *= y - mean
    rows = ((inverse @ x) * np.sqrt(scores))[None] if design.leverage else None
    return Fitted(design.names, theta, influence, rows, lower.T, converged=converged)


def _solved(y: FloatArray, design: Design, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least squares coefficients (k,), refined once, and fitted values (n,)."""
    x, theta, residual = design.x, np.zeros(len(design.x)), y
    lower = lower_factor((x * weight) @ x.T, design)
    for _ in range(2):
        theta = theta + _step(lower, x @ (weight * residual))
        residual = y - theta @ x
    return theta, y - residual


def _newton(family: Family, y: FloatArray, design: Design, weight: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
    """Coefficients (k,), fitted means (n,), and whether the search ended at a maximum.

    A step after which the Newton decrement, the score in the metric of the information, is larger is halved.
    """
    assert family.variance is not None
    x, theta = design.x, _started(family, y, design, weight)
    move, before, halved = np.zeros(len(x)), np.inf, 0
    for _ in range(STEPS):
        eta = theta @ x
        mean = family.mean(eta)
        slope = x @ (weight * (y - mean))
        lower = lower_factor((x * (weight * family.variance(mean))) @ x.T, design)
        whitened = solve_triangular(lower, slope, lower=True, check_finite=False)
        decrement = float(whitened @ whitened)
        farthest = float(np.abs(eta).max())
        if family.bounded and farthest > FARTHEST:
            return theta, mean, False
        if not decrement <= before * FALLS and halved < HALVINGS:
            move, halved = move / 2.0, halved + 1
            theta = theta - move
            continue
        move, before, halved = solve_triangular(lower.T, whitened, lower=False, check_finite=False), decrement, 0
        reach = float(np.abs(move) @ np.abs(x).max(axis=1))
        if reach > LONGEST:
            move = move * min(1.0, LONGEST / float(np.abs(move @ x).max()))
        theta = theta + move
        if reach < SMALL_STEP * (1.0 + farthest):
            return theta, family.mean(theta @ x), True
    return theta, mean, False


def _step(lower: FloatArray, slope: FloatArray) -> FloatArray:
    """H^{-1} slope for H = L L'."""
    whitened = solve_triangular(lower, slope, lower=True, check_finite=False)
    return np.asarray(solve_triangular(lower.T, whitened, lower=False, check_finite=False))


def _started(family: Family, y: FloatArray, design: Design, weight: FloatArray) -> FloatArray:
    """The coefficients of the constant alone, where the terms have one; else 0."""
    theta = np.zeros(len(design.x))
    mean = float(weight @ y) / float(weight.sum())
    if design.names and design.names[0] == "intercept" and mean > 0.0:
        theta[0] = family.start(mean)
    return theta


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
