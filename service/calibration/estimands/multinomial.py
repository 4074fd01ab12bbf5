"""Multinomial logistic regression coefficients: log odds of every category against the first, on a model's terms.

Formula: p_ia = exp(x_i'theta_a) / (1 + sum_b exp(x_i'theta_b)),   sum_i w_i x_i (y_ia - p_ia) = 0 for a = 2..K,
x with an intercept; H has the blocks sum_i w_i p_ia (1{a = b} - p_ib) x_i x_i', and F_i = C^{-1} (V_i^{1/2} (x) x_i)
with V_i = diag(p_i) - p_i p_i'; each coefficient is calibrated by its influence values (see ``linearised``).
Shapes: one estimate per category but the first and term, ``category:term``. Units: log odds per unit of the term.
Assumes: one category per human; LLM answers are categories or probabilities of all of them.
Breaks: fewer than about 10 answers of a category per term: biased away from 0.
Raises: ``no_maximum`` (a category nobody chose), and what ``linearised`` and ``generalized_linear`` raise.
Source: McFadden (1974), in Frontiers in Econometrics; Agresti (2013), Categorical Data Analysis, section 8.1.
Differs: one step from the human fit instead of a new fit; slopes of least squares per coefficient.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy

from service.calibration import generalized_linear
from service.calibration.card import Card
from service.calibration.influence import Design, Fitted
from service.calibration.linearised import Statistic, on_terms
from service.calibration.moments import FloatArray
from service.calibration.newton import Local, factor_of, maximum

CARD = Card(
    name="multinomial",
    title="Multinomial logistic regression coefficients (log odds against the first category)",
    formula="sum_i x_i (y_ia - p_ia) = 0 by category, calibrated coefficient by coefficient by influence values",
    assumptions=("humans are a random sample of the population", "one category per human"),
    limits=("fewer than about 10 answers of a category per term: biased away from 0",),
    sources=("McFadden (1974), Frontiers in Econometrics", "Angelopoulos et al. 2311.01453"),
)


def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """The weighted maximum likelihood fit of indicators or probabilities (K, n); the first is the reference."""
    weight = weight / weight.mean()
    scale = np.sqrt((design.x * design.x) @ weight)
    generalized_linear.lower_factor((design.x * weight) @ design.x.T, design)
    x, y = design.x / scale[:, None], answers[1:]
    sizes = (y.shape[0], x.shape[0])
    share = np.maximum(answers @ weight / weight.sum(), 1e-6)
    start = np.zeros(sizes)
    start[:, 0] = np.log(share[1:] / share[0]) / x[0, 0]
    theta, converged = maximum(partial(_local, answers, x, weight), start.ravel())
    p = _probabilities(theta.reshape(sizes) @ x)[1:]
    root = factor_of(_curvature(p, x, weight))
    back = scipy.linalg.solve_triangular(root, np.diag(1.0 / np.tile(scale, sizes[0])), lower=True)
    score = ((y - p)[:, None] * x).reshape(-1, x.shape[1])
    influence = float(weight.sum()) * (back.T @ scipy.linalg.solve_triangular(root, score, lower=True))
    names = tuple(f"{category}:{term}" for category in design.categories[1:] for term in design.names)
    return Fitted(
        names=names,
        theta=theta / np.tile(scale, sizes[0]),
        influence=influence,
        factor=_factor(p, x * np.sqrt(weight), root),
        root=root.T * np.tile(scale, sizes[0]),
        converged=converged,
    )


def _probabilities(eta: FloatArray) -> FloatArray:
    """Probabilities (K, n) of all categories from the linear predictors (K - 1, n) of all but the first."""
    whole = np.concatenate((np.zeros((1, eta.shape[1])), eta))
    found = np.exp(whole - whole.max(axis=0))
    return np.asarray(found / found.sum(axis=0))


def _curvature(p: FloatArray, x: FloatArray, weight: FloatArray) -> FloatArray:
    """H ((K - 1) k, (K - 1) k), block by block."""
    count, k = p.shape[0], x.shape[0]
    found = np.empty((count * k, count * k))
    for a in range(count):
        for b in range(a + 1):
            block = (x * (weight * p[a] * ((a == b) - p[b]))) @ x.T
            found[a * k : (a + 1) * k, b * k : (b + 1) * k] = block
            found[b * k : (b + 1) * k, a * k : (a + 1) * k] = block
    return found


def _local(answers: FloatArray, x: FloatArray, weight: FloatArray, theta: FloatArray) -> Local:
    eta = theta.reshape(-1, x.shape[0]) @ x
    p = _probabilities(eta)
    slope = ((answers[1:] - p[1:]) * weight) @ x.T
    likelihood = float((answers * np.log(np.maximum(p, np.finfo(float).tiny))).sum(axis=0) @ weight)
    farthest = max(float(eta.max()), 0.0) - min(float(eta.min()), 0.0)
    return Local(likelihood, slope.ravel(), _curvature(p[1:], x, weight), farthest)


def _factor(p: FloatArray, x: FloatArray, root: FloatArray) -> FloatArray:
    """F (K - 1, J, n) from probabilities (K - 1, n) of all categories but the first and weighted terms (k, n)."""
    spread = np.einsum("an,ab->nab", p, np.eye(p.shape[0])) - np.einsum("an,bn->nab", p, p)
    values, vectors = np.linalg.eigh(spread)
    half = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    parts = [(half[:, :, r].T[:, None] * x).reshape(-1, x.shape[1]) for r in range(p.shape[0])]
    return np.array([scipy.linalg.solve_triangular(root, part, lower=True, check_finite=False) for part in parts])


def adjusting(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """A covariate's linear fit on the terms, once for every category but the first."""
    found, count = on_terms(answers, design, weight), len(design.categories) - 1
    names = tuple(f"{category}:{term}" for category in design.categories[1:] for term in design.names)
    return Fitted(names, np.tile(found.theta, count), np.tile(found.influence, (count, 1)))


STATISTIC = Statistic(fit, adjusting=adjusting)
