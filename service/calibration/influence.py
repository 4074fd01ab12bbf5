"""Influence values: what a statistic's fit leaves for the engine, and how its own leverage corrects them.

Formula: theta^ - theta ~ sum w_i phi_i / sum w_i; for estimating equations sum w_i s_i(theta) = 0 with slope -H,
    phi_i = (H / n)^{-1} s_i,     sum w_i phi_i = 0 at the fit
With C C' = H and whitened rows F_i (k, r), sum_i F_i F_i' = I and G_g = sum_{i in g} F_i F_i' of a cluster,
    corrected phi_i = C^{-T} (I - G_g)^{-1/2} C' phi_i          CR2 (HC2: each unit its own, 1/sqrt(1 - h_i))
    df_j = tr(K)^2 / tr(K K),  K = diag(m_g' G_g m_g) - F F',  F_g = G_g m_g,  m_g = (I - G_g)^{-1/2} C^{-1} e_j
``jackknife`` takes the power -1 instead of -1/2: leaving a cluster out of a linear fit.
Shapes: J components, n units, r scores per unit; theta (J,), influence (J, n), factor (r, J, n), root C' (J, J).
Units: theta and influence in those of the statistic.
Assumes: units (clusters) independent. Breaks: a unit that alone carries a component (leverage 1).
Source: Bell & McCaffrey (2002), Survey Methodology 28; Pustejovsky & Tipton (2018), JBES 36; MacKinnon & White (1985).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.sample import IntArray

PERFECT = 1e-10  # a direction in which a cluster keeps less than this of its residual variance is zeroed


@dataclass(frozen=True, slots=True)
class Design:
    """A model's side of some units: terms x (k, n) and their names, the intercept included; choice sets (n,) or None.

    ``keys`` say which part of the plan each term comes from, for refusals.
    """

    x: FloatArray
    names: tuple[str, ...]
    keys: tuple[str, ...] = ()
    choice_set: IntArray | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A statistic fitted to some units: components by name, theta (J,), influence (J, n), leverage ``factor``.

    ``factor`` None: the statistic has no leverage correction. ``converged`` False: theta is where the search stopped.
    """

    names: tuple[str, ...]
    theta: FloatArray
    influence: FloatArray
    factor: FloatArray | None = None
    root: FloatArray | None = None
    converged: bool = True

    @property
    def leverage(self) -> FloatArray:
        """Largest share (n,) of its own residual variance that a unit takes away: |F_i|^2."""
        if self.factor is None:
            return np.zeros(self.influence.shape[1])
        return np.asarray(np.einsum("rjn,rjn->n", self.factor, self.factor))


Fitter = Callable[[FloatArray, Design, FloatArray], Fitted]
"""From answers (q, n) (numbers: q = 1; categories: their indicators), design and weights (n,) to the fit."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a fit's leverage does to influence values, unit by unit or cluster by cluster; df (J,) that it leaves."""

    scale: FloatArray | None
    codes: IntArray | None
    turn: FloatArray | None
    df: FloatArray

    def of(self, values: FloatArray) -> FloatArray:
        """Corrected influence values (J, n)."""
        if self.turn is not None and self.codes is not None:
            return np.asarray(np.einsum("njk,kn->jn", self.turn[self.codes], values))
        return values if self.scale is None else np.asarray(values * self.scale)


def by_unit(fit: Fitted) -> Correction:
    """The correction of independent units, HC2, with Bell-McCaffrey degrees of freedom, at most n - J."""
    count, n = fit.influence.shape
    most = np.full(count, float(n - count))
    if fit.factor is None or fit.root is None:
        return Correction(None, None, None, most)
    scale = 1.0 / np.sqrt(1.0 - fit.leverage)
    reach = np.linalg.inv(fit.root)
    df = [_unit_degrees_of_freedom(fit.factor, row, scale) for row in reach]
    return Correction(scale, None, None, np.minimum(df, most))


def _unit_degrees_of_freedom(factor: FloatArray, contrast: FloatArray, scale: FloatArray) -> float:
    """tr(K)^2 / tr(K K) where every unit is its own cluster, for a whitened contrast (J,)."""
    along = np.einsum("rjn,j->rn", factor, contrast) * scale
    own = np.einsum("rn,rn->n", along, along)
    f = np.einsum("rjn,rn->nj", factor, along)
    return _satterthwaite(own, f)


def by_cluster(fit: Fitted, codes: IntArray, *, jackknife: bool) -> Correction:
    """The correction of clusters, CR2 (``jackknife``: CR3), with Bell-McCaffrey degrees of freedom."""
    used, own = np.unique(codes, return_inverse=True)
    count = used.shape[0]
    if fit.factor is None or fit.root is None:
        return Correction(None, None, None, np.full(fit.theta.shape[0], float(count - 1)))
    grams = _grams(fit.factor, own, count)
    values, vectors = np.linalg.eigh(grams)
    spare = np.maximum(1.0 - values, 0.0)
    safe = np.maximum(spare, PERFECT)
    gain = np.where(spare > PERFECT, 1.0 / safe if jackknife else 1.0 / np.sqrt(safe), 0.0)
    middle = np.einsum("gij,gj,gkj->gik", vectors, gain, vectors)
    back = np.linalg.inv(fit.root)
    half = np.where(spare > PERFECT, 1.0 / np.sqrt(safe), 0.0)
    reach = np.einsum("gij,gj,gkj->gik", vectors, half, vectors) @ back.T
    df = np.array([_degrees_of_freedom(grams, reach[:, :, j]) for j in range(fit.theta.shape[0])])
    return Correction(None, own, back @ middle @ fit.root, np.minimum(df, count - 1.0))


def _grams(factor: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """G_g (G, J, J)."""
    size = factor.shape[1]
    found = np.zeros((count, size, size))
    for i in range(size):
        for j in range(i, size):
            row = np.einsum("rn,rn->n", factor[:, i], factor[:, j])
            found[:, i, j] = found[:, j, i] = np.bincount(codes, row, count)
    return found


def _degrees_of_freedom(grams: FloatArray, m: FloatArray) -> float:
    """tr(K)^2 / tr(K K) for G_g (G, J, J) and m_g (G, J)."""
    f = np.einsum("gjk,gk->gj", grams, m)
    return _satterthwaite(np.einsum("gj,gj->g", m, f), f)


def _satterthwaite(own: FloatArray, f: FloatArray) -> float:
    """tr(K)^2 / tr(K K) for K = diag(own) - F F', own (G,), F (G, J)."""
    lengths = np.einsum("gj,gj->g", f, f)
    inner = f.T @ f
    trace = float(own.sum() - lengths.sum())
    square = float(own @ own - 2.0 * own @ lengths + np.vdot(inner, inner))
    return trace * trace / square if square > 0.0 else 1.0
