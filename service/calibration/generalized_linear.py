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

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy

from service.calibration.errors import NotIdentified
from service.calibration.influence import Design, Fitted
from service.calibration.moments import FloatArray, products

COLLINEAR = 1e-9  # part of a scaled column outside the others, squared, below which it adds nothing
STEPS, HALVINGS = 60, 30
SMALL_STEP = 1e-11  # a Newton step below this share of the linear predictor's scale ends the search
FARTHEST = 30.0  # a linear predictor beyond which a fitted probability is 0 or 1
LONGEST = 10.0  # the most a step moves a linear predictor: farther away one group's rate hides all others
BLOCK = 8192  # units whose terms stay in the processor's cache
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
LOGISTIC = Family(lambda eta: 1.0 / (1.0 + np.exp(-eta)), lambda m: m * (1.0 - m), _logit, bounded=True)
POISSON = Family(np.exp, lambda m: m, lambda mean: float(np.log(mean)))


def fit(family: Family, answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """The weighted maximum likelihood fit of answers (1, n) on a design."""
    rows = _Rows(answers[0], design, weight, 1.0 / float(weight.mean()))
    theta, lower, converged = (*_solved(rows), True) if family.variance is None else _newton(family, rows)
    inverse = _solve(lower, np.eye(len(lower)))
    reach = rows.total * (inverse.T @ inverse)
    influence = np.empty_like(design.x)
    whitened = np.empty((1, *design.x.shape)) if design.leverage else None
    for at, x, y, w in rows.blocks():
        mean = family.mean(theta @ x)
        np.multiply(reach @ x, y - mean, out=influence[:, at])
        if whitened is not None:
            np.multiply(inverse @ x, np.sqrt(_weighted(_variance(family, mean), w)), out=whitened[0, :, at])
    return Fitted(design.names, theta, influence, whitened, lower.T, converged=converged)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Answers (n,), design and weights of a fit, gone through a block of units at a time: nothing (k, n) is copied."""

    answers: FloatArray
    design: Design
    weight: FloatArray
    scale: float

    @property
    def total(self) -> float:
        """The sum of the weights once their mean is 1."""
        return float(self.weight.shape[0])

    def blocks(self) -> Iterator[tuple[slice, FloatArray, FloatArray, FloatArray | None]]:
        """Which units; their terms (k, b), answers (b,) and weights (b,) of mean 1, None where all are alike."""
        even = self.weight.strides == (0,)
        for start in range(0, self.weight.shape[0], BLOCK):
            at = slice(start, start + BLOCK)
            yield at, self.design.x[:, at], self.answers[at], None if even else self.weight[at] * self.scale


@dataclass(frozen=True, slots=True)
class _Local:
    """At some coefficients: the slope (k,) and H (k, k), and the largest linear predictor."""

    slope: FloatArray
    information: FloatArray
    farthest: float


def _variance(family: Family, mean: FloatArray) -> FloatArray:
    return np.ones_like(mean) if family.variance is None else family.variance(mean)


def _weighted(values: FloatArray, weight: FloatArray | None) -> FloatArray:
    return values if weight is None else values * weight


def _local(family: Family, rows: _Rows, theta: FloatArray) -> _Local:
    k = theta.shape[0]
    slope, information, farthest = np.zeros(k), np.zeros((k, k)), 0.0
    for _, x, y, w in rows.blocks():
        eta = theta @ x
        mean = family.mean(eta)
        slope += x @ _weighted(y - mean, w)
        information += (x * _weighted(_variance(family, mean), w)) @ x.T
        farthest = max(farthest, float(eta.max()), -float(eta.min()))
    return _Local(slope, information, farthest)


def _solved(rows: _Rows) -> tuple[FloatArray, FloatArray]:
    """Least squares coefficients (k,), refined once, and the factor of H."""
    k = len(rows.design.x)
    slope, information, theta = np.zeros(k), np.zeros((k, k)), np.zeros(k)
    for _, x, y, w in rows.blocks():
        slope += x @ _weighted(y, w)
        information += products(x) if w is None else (x * w) @ x.T
    lower = lower_factor(information, rows.design)
    theta += _step(lower, slope)
    slope = np.zeros(k)
    for _, x, y, w in rows.blocks():
        slope += x @ _weighted(y - theta @ x, w)
    return theta + _step(lower, slope), lower


def _newton(family: Family, rows: _Rows) -> tuple[FloatArray, FloatArray, bool]:
    """Coefficients (k,), the factor of H there, and whether the search ended at a maximum.

    A step after which the Newton decrement, the score in the metric of the information, is larger is halved.
    """
    x, theta = rows.design.x, _started(family, rows)
    widest = np.maximum(x.max(axis=1), -x.min(axis=1))
    move, before, halved, reach = np.zeros(len(x)), np.inf, 0, np.inf
    for _ in range(STEPS):
        here = _local(family, rows, theta)
        lower = lower_factor(here.information, rows.design)
        if family.bounded and here.farthest > FARTHEST:
            return theta, lower, False
        if reach < SMALL_STEP * (1.0 + here.farthest):
            return theta, lower, True
        whitened = _solve(lower, here.slope)
        decrement = float(whitened @ whitened)
        if not decrement <= before * FALLS and halved < HALVINGS:
            move, halved = move / 2.0, halved + 1
            theta = theta - move
            continue
        move, before, halved = _solve(lower, whitened, transposed=True), decrement, 0
        reach = float(np.abs(move) @ widest)
        if reach > LONGEST:
            move = move * min(1.0, LONGEST / float(np.abs(move @ x).max()))
        theta = theta + move
    return theta, lower, False


def _step(lower: FloatArray, slope: FloatArray) -> FloatArray:
    """H^{-1} slope for H = L L'."""
    return _solve(lower, _solve(lower, slope), transposed=True)


def _solve(lower: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    """L^{-1} b, or L'^{-1} b."""
    return np.asarray(scipy.linalg.lapack.dtrtrs(lower, right, lower=1, trans=int(transposed))[0])


def _started(family: Family, rows: _Rows) -> FloatArray:
    """The coefficients of the constant alone, where the terms have one; else 0."""
    design, theta = rows.design, np.zeros(len(rows.design.x))
    mean = float(rows.weight @ rows.answers) / float(rows.weight.sum())
    if design.names and design.names[0] == "intercept" and mean > 0.0:
        theta[0] = family.start(mean)
    return theta


def lower_factor(gram: FloatArray, design: Design) -> FloatArray:
    """The lower factor of a Gram matrix (k, k); refuses terms that repeat the terms before them."""
    least = COLLINEAR * gram.diagonal()
    try:
        whole = np.linalg.cholesky(gram)
        if bool((whole.diagonal() ** 2 > least).all()):
            return np.asarray(whole, dtype=np.float64)
    except np.linalg.LinAlgError:
        pass
    j = _repeating(gram, least)
    raise NotIdentified.at(
        design.keys[j] if design.keys else "/plan/estimand",
        "collinear_terms",
        f"term {design.names[j]!r} repeats what the terms before it say",
        "leave it out, or join levels so that no term is a combination of others",
    )


def _repeating(gram: FloatArray, least: FloatArray) -> int:
    """The first term of which no more than ``least`` (k,) is outside the terms before it."""
    factor, j, rest = np.zeros_like(gram), 0, float(gram[0, 0])
    while rest > least[j] and j + 1 < len(gram):
        factor[j, j], j = np.sqrt(rest), j + 1
        factor[j, :j] = _solve(factor[:j, :j], gram[:j, j])
        rest = float(gram[j, j] - factor[j] @ factor[j])
    return j
