"""Kinds of outcome: how noise and a linear predictor become human and LLM answers, and what the coefficients then are.

eta = base + 0.4 x + 0.6 z, x standard normal, z in {0, 1}; u standard normal moves the human, v the LLM.

linear       y = eta + u                                     f = 0.5 + lean(eta) + v
share        y = 1{eta + u > 0}, fitted by least squares     f = Phi(lean(eta) + v)
logistic     y = 1{Phi(u) > 1 - p}, p = expit(eta)           f = expit(lean(eta) + 1.5 v)
poisson      y the Phi(u) quantile of Poisson(exp(eta))      f = exp(lean(eta) + 0.4 v)
multinomial  the largest of eta_k - log(-log Phi(u_k))       f_k ~ exp(lean(eta_k) - 0.8 log(-log Phi(v_k)))
correlation  y = 0.5 x + sqrt(.75) u                         f as linear
share correlation  y = 1{0.5 x + sqrt(.75) u > -base}        f as share

lean(eta) is 0.8 eta, or 0.5 - 0.5 eta for a biased LLM.
Shapes: N units, K rows of noise (3 categories, else 1). Units: the outcome's. Truths are exact: of ``share`` by Stein's
lemma, Cov(x, Phi(a x + b)) = a phi(b / s) / s with s^2 = 1 + a^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, pi, sqrt

import numpy as np
from scipy.special import expit, ndtr, ndtri, pdtr, pdtrik

from service.calibration.moments import FloatArray

X, Z = 0.4, 0.6
CATEGORIES = ("bike", "bus", "car")
UTILITIES = ((0.0, 0.0, 0.0), (0.2, 0.5, 0.3), (-0.1, -0.4, 0.2))  # intercept, x, z of each category
R = 0.5
Row = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Kind:
    """Estimand, base, and answers (N,) from linear predictor and noise (K, N); LLM answers (K, N)."""

    estimand: str
    answer: Row
    llm: Row
    base: float = -0.2

    @property
    def rows(self) -> int:
        """Rows of noise."""
        return len(CATEGORIES) if self.estimand == "multinomial" else 1

    def eta(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Linear predictors (K, N)."""
        if self.estimand == "multinomial":
            made = np.array([a + b * x + c * z for a, b, c in UTILITIES])
            made[1] += self.base + 0.2
            return made
        if self.estimand == "correlation":
            return np.asarray(self.base + R * x)[None]
        return np.asarray(self.base + X * x + Z * z)[None]


def _poisson(eta: FloatArray, u: FloatArray) -> FloatArray:
    """The Phi(u) quantile of a Poisson variable with mean exp(eta)."""
    mean, q = np.exp(eta[0]), ndtr(u[0])
    above = np.ceil(pdtrik(q, mean))
    below = np.maximum(above - 1.0, 0.0)
    return np.where(pdtr(below, mean) >= q, below, above)


def _gumbel(u: FloatArray) -> FloatArray:
    return np.asarray(-np.log(-np.log(ndtr(u))))


def _shares(eta: FloatArray, v: FloatArray) -> FloatArray:
    worth = np.exp(eta + 0.8 * _gumbel(v))
    return np.asarray(worth / worth.sum(axis=0))


def _linear_llm(eta: FloatArray, v: FloatArray) -> FloatArray:
    return 0.5 + eta + v


def _share_llm(eta: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(ndtr(eta + v))


def _scaled(eta: FloatArray, u: FloatArray) -> FloatArray:
    return np.asarray(eta[0] + sqrt(1.0 - R * R) * u[0])


KINDS = {
    "linear": Kind("linear", lambda eta, u: eta[0] + u[0], _linear_llm),
    "share": Kind("linear", lambda eta, u: np.where(eta[0] + u[0] > 0.0, 1.0, 0.0), _share_llm),
    "logistic": Kind(
        "logistic",
        lambda eta, u: np.where(ndtr(-u[0]) < expit(eta[0]), 1.0, 0.0),
        lambda eta, v: expit(eta + 1.5 * v),
    ),
    "poisson": Kind("poisson", _poisson, lambda eta, v: np.exp(eta + 0.4 * v)),
    "multinomial": Kind("multinomial", lambda eta, u: (eta + _gumbel(u)).argmax(axis=0), _shares),
    "correlation": Kind("correlation", _scaled, _linear_llm, 0.0),
    "share correlation": Kind("correlation", lambda eta, u: np.where(_scaled(eta, u) > 0.0, 1.0, 0.0), _share_llm, 0.0),
}
RARE = {  # bases at which 5 % answer 1, choose the second category, or the mean count is 0.05
    "share": -0.3 + float(ndtri(0.05)) * sqrt(1.0 + X * X + Z * Z / 4.0),
    "logistic": -3.3553,
    "poisson": -3.4201,
    "multinomial": -2.5949,
    "share correlation": float(ndtri(0.05)),
}


def lean(eta: FloatArray, *, biased: bool) -> FloatArray:
    """The LLM's linear predictor."""
    return 0.5 - 0.5 * eta if biased else 0.8 * eta


def truth(name: str, base: float, second: str = "z") -> dict[str, float]:
    """What the coefficients are; ``second`` is what the binary term is called."""
    estimand = KINDS[name].estimand
    terms = ("intercept", "x", second)
    if estimand == "correlation":
        share = float(ndtr(base))
        return {"estimate": R * _density(base) / sqrt(share * (1.0 - share)) if name != "correlation" else R}
    if estimand == "multinomial":
        moved = [list(row) for row in UTILITIES]
        moved[1][0] += base + 0.2
        rows = zip(CATEGORIES[1:], moved[1:], strict=True)
        return {f"{c}:{t}": value for c, row in rows for t, value in zip(terms, row, strict=True)}
    if name != "share":
        return dict(zip(terms, (base, X, Z), strict=True))
    s = sqrt(1.0 + X * X)
    without, treated = float(ndtr(base / s)), float(ndtr((base + Z) / s))
    slope = X * (_density(base / s) + _density((base + Z) / s)) / (2.0 * s)
    return dict(zip(terms, (without, slope, treated - without), strict=True))


def _density(z: float) -> float:
    """The standard normal density."""
    return exp(-z * z / 2.0) / sqrt(2.0 * pi)
