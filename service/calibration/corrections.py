"""Corrections: how a fit's own leverage corrects its influence values, and the degrees of freedom that it leaves.

Formula: with C C' = H, whitened rows F_i and G_g = sum_{i in g} F_i F_i' of a cluster,
    corrected phi_i = C^{-T} (I - G_g)^{-1/2} C' phi_i          CR2 (HC2: each unit its own, 1/sqrt(1 - h_i))
    df_j = tr(K)^2 / tr(K K),  K = diag(m_g' G_g m_g) - F F',  F_g = G_g m_g,  m_g = (I - G_g)^{-1/2} C^{-1} e_j
Within ``strata`` K is centred (see ``within``); ``share`` (J,) is tr(K) before over after: corrected values are
multiplied by its root, so that a coefficient whose influence adds up to 0 in strata anyway is not corrected twice.
``jackknife`` takes the power -1 instead of -1/2: leaving a cluster out of a linear fit. Several scores by unit:
(I - F_i F_i')^{-1/2} = I + F_i M_i F_i' from the r eigenvalues of F_i'F_i. On a basis Z: (I - Z_g'Z_g)^{-1/2} phi_g.
Empirical: df = 3 (sum S_g^2)^2 / sum S_g^4 of the corrected sums S_g, at most those that are not 0, less 2: what
Satterthwaite's rule gives where they are normal, and less where few clusters carry the estimate.
Shapes: J components, n units, G clusters; corrected values (J, n), df (J,). Units: those of the components.
Assumes: units (clusters) independent. Breaks: a direction that one cluster carries alone is zeroed. Raises: nothing.
Source: Bell & McCaffrey (2002), Survey Methodology 28; Pustejovsky & Tipton (2018), JBES 36; MacKinnon & White (1985).
Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy

from service.calibration import within
from service.calibration.influence import Fitted, inner
from service.calibration.moments import FloatArray, IntArray

PERFECT = 1e-10  # a direction in which a cluster keeps less than this of its residual variance is zeroed
TINY = 1e-8
TINIEST = 1e-300
BLOCK = 4096  # units turned at once


@dataclass(frozen=True, slots=True)
class Correction:
    """What a fit's leverage does to influence values, unit by unit or cluster by cluster; df (J,) that it leaves.

    ``scale`` (n,) multiplies; ``turn`` (G, J, J) turns components by cluster (``codes``); ``spread`` adds F_i M_i F_i'
    of every unit; ``along`` adds Z' M_g Z of every cluster along the basis; ``parts`` correct blocks of components.
    """

    df: FloatArray
    scale: FloatArray | None = None
    codes: IntArray | None = None
    turn: FloatArray | None = None
    spread: tuple[FloatArray, FloatArray, FloatArray] | None = None
    along: tuple[FloatArray, FloatArray] | None = None
    parts: tuple[Correction, ...] = ()
    share: FloatArray | None = None

    def of(self, values: FloatArray) -> FloatArray:
        """Corrected influence values (J, n)."""
        if self.parts:
            ends = np.cumsum([part.df.shape[0] for part in self.parts])[:-1]
            split = np.split(values, ends)
            return np.concatenate([p.of(v) for p, v in zip(self.parts, split, strict=True)])
        if self.turn is not None and self.codes is not None:
            return _turned(self.turn, self.codes, values)
        if self.spread is not None:
            factor, middle, root = self.spread
            own = np.einsum("rjn,jn->nr", factor, root @ values)
            more = np.einsum("rjn,nr->jn", factor, np.einsum("nrs,ns->nr", middle, own))
            return np.asarray(values + scipy.linalg.solve_triangular(root, more, lower=False, check_finite=False))
        if self.along is not None and self.codes is not None:
            basis, middle = self.along
            sums = np.array([_sums(basis * row, self.codes, middle.shape[0]) for row in values])
            more = np.einsum("gqp,jgp->jgq", middle, sums)
            return np.asarray(values + np.einsum("qn,jnq->jn", basis, more[:, self.codes]))
        return values if self.scale is None else np.asarray(values * self.scale)


def _turned(turn: FloatArray, codes: IntArray, values: FloatArray) -> FloatArray:
    """Every unit's values (J, n) turned by its cluster's matrix, a block of units at a time."""
    found = np.empty_like(values)
    for start in range(0, values.shape[1], BLOCK):
        at = slice(start, start + BLOCK)
        found[:, at] = np.einsum("njk,kn->jn", turn[codes[at]], values[:, at])
    return found


def corrected(fit: Fitted, codes: IntArray | None, *, jackknife: bool, strata: IntArray | None = None) -> Correction:
    """The correction of independent units (codes None) or of clusters, block by block; within ``strata`` (n,)."""
    if fit.blocks:
        parts = tuple(corrected(part, codes, jackknife=jackknife, strata=strata) for part in fit.parts())
        df = np.concatenate([part.df for part in parts])
        shares = [np.ones(part.df.shape) if part.share is None else part.share for part in parts]
        return Correction(df, parts=parts, share=None if strata is None else np.concatenate(shares))
    if fit.basis is not None:
        units = np.arange(fit.influence.shape[1]) if codes is None else codes
        return _along_basis(fit, fit.basis, units, jackknife=jackknife and codes is not None, strata=strata)
    return by_unit(fit, strata) if codes is None else by_cluster(fit, codes, jackknife=jackknife, strata=strata)


def by_unit(fit: Fitted, strata: IntArray | None = None) -> Correction:
    """The correction of independent units, HC2, with Bell-McCaffrey degrees of freedom, at most n - J - (H - 1)."""
    count, n = fit.influence.shape
    most = np.full(count, float(n - count) - _lost(strata))
    if fit.factor is None or fit.root is None:
        return Correction(most)
    reach = np.linalg.inv(fit.root)
    if fit.factor.shape[0] > 1:
        return _by_units_of_several_scores(fit.factor, fit.root, most, strata)
    scale = 1.0 / np.sqrt(1.0 - fit.leverage)
    spare = np.array([_of_units(fit.factor, row, scale, strata) for row in reach])
    return Correction(np.minimum(spare[:, 0], most), scale, share=None if strata is None else spare[:, 1])


def _lost(strata: IntArray | None) -> float:
    """Degrees of freedom that the means of strata take beyond that of one mean."""
    return 0.0 if strata is None else float(np.unique(strata).size - 1)


def _of_units(
    factor: FloatArray, contrast: FloatArray, scale: FloatArray, strata: IntArray | None
) -> tuple[float, float]:
    """``_satterthwaite`` where every unit is its own cluster, for a whitened contrast (J,)."""
    along = np.einsum("rjn,j->rn", factor, contrast) * scale
    own = np.einsum("rn,rn->n", along, along)
    f = np.einsum("rjn,rn->nj", factor, along)
    return _satterthwaite(own, f, strata)


def _by_units_of_several_scores(
    factor: FloatArray, root: FloatArray, most: FloatArray, strata: IntArray | None
) -> Correction:
    """(I - F_i F_i')^{-1/2} = I + F_i M_i F_i', from the r eigenvalues of F_i'F_i."""
    values, vectors = np.linalg.eigh(inner(factor))
    gain, half = _gains(values, jackknife=False)
    middle = np.einsum("nrt,nt,nst->nrs", vectors, gain, vectors)
    root_half = np.einsum("nrt,nt,nst->nrs", vectors, half, vectors)
    found = []
    for row in np.linalg.inv(root):
        along = np.einsum("nrs,ns->nr", root_half, np.einsum("rjn,j->nr", factor, row))
        own = np.einsum("nr,nr->n", along, along)
        found.append(_satterthwaite(own, np.einsum("rjn,nr->nj", factor, along), strata))
    spare = np.array(found)
    return Correction(
        np.minimum(spare[:, 0], most), spread=(factor, middle, root), share=None if strata is None else spare[:, 1]
    )


def _along_basis(
    fit: Fitted, basis: FloatArray, codes: IntArray, *, jackknife: bool, strata: IntArray | None
) -> Correction:
    """(I - Z_g'Z_g)^{-1/2} = I + Z_g' M_g Z_g on the influence values of a cluster; df of their mean."""
    used, own = np.unique(codes, return_inverse=True)
    grams = np.zeros((used.shape[0], basis.shape[0], basis.shape[0]))
    for i, row in enumerate(basis):
        grams[:, i] = _sums(basis * row, own, used.shape[0])
    values, vectors = np.linalg.eigh(grams)
    gain, _ = _gains(values, jackknife=jackknife)
    middle = np.einsum("gqt,gt,gpt->gqp", vectors, gain, vectors)
    even = np.ones((1, own.shape[0]))
    w = Correction(np.zeros(1), codes=own, along=(basis, middle)).of(even)[0]
    squares = _sums((w * w)[None], own, used.shape[0])[:, 0]
    df, share = _satterthwaite(squares, _sums(basis * w, own, used.shape[0]), of_clusters(strata, own))
    most, every = float(min(used.shape[0] - 1, own.shape[0] - 2)) - _lost(strata), np.ones(fit.theta.shape[0])
    found = Correction(
        every * min(df, most), codes=own, along=(basis, middle), share=None if strata is None else every * share
    )
    if not fit.empirical:
        return found
    spare = _empirical(_sums(found.of(fit.influence), own, used.shape[0]))
    return replace(found, df=np.minimum(spare, max(most, 1.0)))


def of_clusters(strata: IntArray | None, own: IntArray) -> IntArray | None:
    """The strata (G,) of clusters from those of units (n,) and their clusters' places (n,)."""
    return None if strata is None else strata[np.unique(own, return_index=True)[1]]


def _empirical(sums: FloatArray) -> FloatArray:
    """Degrees of freedom (J,) of the sum of squares of corrected sums by cluster (G, J), from its own fourth powers."""
    squares = sums * sums
    fourth = np.maximum((squares * squares).sum(axis=0), TINIEST)
    most = np.count_nonzero(sums, axis=0) - 2.0
    return np.asarray(np.clip(3.0 * squares.sum(axis=0) ** 2 / fourth, 1.0, np.maximum(most, 1.0)))


def _gains(values: FloatArray, *, jackknife: bool) -> tuple[FloatArray, FloatArray]:
    """((1 - s)^{-1/2} - 1) / s and (1 - s)^{-1/2} of eigenvalues s, directions without residual variance zeroed."""
    spare = np.maximum(1.0 - values, 0.0)
    safe = np.maximum(spare, PERFECT)
    half = np.where(spare > PERFECT, 1.0 / np.sqrt(safe), 0.0)
    power = np.where(spare > PERFECT, 1.0 / safe, 0.0) if jackknife else half
    tiny = np.abs(values) < TINY
    return np.where(tiny, 1.0 if jackknife else 0.5, (power - 1.0) / np.where(tiny, 1.0, values)), half


def by_cluster(fit: Fitted, codes: IntArray, *, jackknife: bool, strata: IntArray | None = None) -> Correction:
    """The correction of clusters, CR2 (``jackknife``: CR3), with Bell-McCaffrey degrees of freedom."""
    used, own = np.unique(codes, return_inverse=True)
    count = used.shape[0]
    if fit.factor is None or fit.root is None:
        return Correction(np.full(fit.theta.shape[0], float(count - 1) - _lost(strata)))
    grams = _grams(fit.factor, own, count)
    values, vectors = np.linalg.eigh(grams)
    spare = np.maximum(1.0 - values, 0.0)
    safe = np.maximum(spare, PERFECT)
    gain = np.where(spare > PERFECT, 1.0 / safe if jackknife else 1.0 / np.sqrt(safe), 0.0)
    middle = np.einsum("gij,gj,gkj->gik", vectors, gain, vectors)
    back = np.linalg.inv(fit.root)
    half = np.where(spare > PERFECT, 1.0 / np.sqrt(safe), 0.0)
    reach = np.einsum("gij,gj,gkj->gik", vectors, half, vectors) @ back.T
    by_stratum = of_clusters(strata, own)
    found = np.array([_of_clusters(grams, reach[:, :, j], by_stratum) for j in range(fit.theta.shape[0])])
    df = np.minimum(found[:, 0], count - 1.0 - _lost(strata))
    return Correction(df, codes=own, turn=back @ middle @ fit.root, share=None if strata is None else found[:, 1])


def _sums(values: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """Sums by cluster of the rows of ``values`` (q, n), as (G, q)."""
    return np.array([np.bincount(codes, row, count) for row in values]).T


def _grams(factor: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """G_g (G, J, J)."""
    size = factor.shape[1]
    found = np.zeros((count, size, size))
    for i in range(size):
        for j in range(i, size):
            row = np.einsum("rn,rn->n", factor[:, i], factor[:, j])
            found[:, i, j] = found[:, j, i] = np.bincount(codes, row, count)
    return found


def _of_clusters(grams: FloatArray, m: FloatArray, strata: IntArray | None) -> tuple[float, float]:
    """``_satterthwaite`` for G_g (G, J, J) and m_g (G, J)."""
    f = np.einsum("gjk,gk->gj", grams, m)
    return _satterthwaite(np.einsum("gj,gj->g", m, f), f, strata)


def _satterthwaite(own: FloatArray, f: FloatArray, strata: IntArray | None) -> tuple[float, float]:
    """tr(K)^2 / tr(K K) for K = diag(own) - F F', own (G,), F (G, J), within ``strata`` (G,); what tr(K) was of it."""
    lengths = np.einsum("gj,gj->g", f, f)
    inner = f.T @ f
    trace, share = float(own.sum() - lengths.sum()), 1.0
    square = float(own @ own - 2.0 * own @ lengths + np.vdot(inner, inner))
    if strata is not None:
        whole = trace
        trace, square = within.traces(own, f, strata)
        share = whole / trace if trace > 0.0 else 1.0
    return (trace * trace / square if square > 0.0 else 1.0), share
