"""Clusters: influence of whole clusters on a contrast, leverage-corrected, and the degrees of freedom they leave.

Formula (equal weights, CR2): with the arms stacked, a = X (X'X)^{-1} (t_d (1, cbar*)), A_g = (I - H_gg)^{-1/2}
(symmetric; directions a cluster fits perfectly are zeroed), e the residuals, q_i the pool weights,
    u_g = a_g' A_g e_g,   P_g = sum_{i in g} q_i B'(c_i - cbar*) sqrt(G_T/(G_T - 1)),   Var = sum_g (u_g + P_g)^2
    df  = tr(K)^2 / tr(K K),  K_gh = z_g' z_h,  z_g = (I - H) E_g A_g a_g                  Bell-McCaffrey, human part
Formula (weights): leave one cluster out of fit and pool; with G_h clusters that hold humans and G_s that do not,
    Var = (G_h-1)/G_h sum (tau_(g) - tau)^2 + (G_s-1)/G_s sum (tau_(g) - tau)^2,   df = G_h - D
A cluster may span arms, and humans and LLM-only units: then both parts are summed before squaring.
Shapes: one value per cluster, (G_h,) and (G_s,). Units: outcome units.
Assumes: clusters are independent. Breaks: fewer than about 10 clusters with humans per arm (``few_clusters``).
Raises: nothing; too few clusters are refused before (``resolution``).
Source: Bell & McCaffrey (2002), Survey Methodology 28; Pustejovsky & Tipton (2018), JBES 36; Cameron & Miller (2015).
Differs: the pool's part is added inside the cluster sum, so that clones of a human do not count as new information.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from service.calibration import leverage, within
from service.calibration.arm_estimate import own_weights
from service.calibration.estimate import Estimate
from service.calibration.least_squares import ArmFit, limited
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Population
from service.calibration.sample import Sample, Units

PERFECT = 1e-10  # a direction in which a cluster keeps less than this of its residual variance is zeroed


@dataclass(frozen=True, slots=True)
class ClusterInfluence:
    """Influence of every cluster with humans (G_h,) and of every other cluster (G_s,); df of the human part.

    The clusters are those of the whole sample, in the same order for every contrast; unused ones have influence 0.
    Their codes are those of the sample.
    """

    human: FloatArray
    llm_only: FloatArray
    df: float
    human_codes: IntArray
    llm_only_codes: IntArray


@dataclass(frozen=True, slots=True)
class _Codes:
    """Cluster numbers 0..G-1 by arm and by pool's LLM-only source; which hold humans, and which of those are used."""

    arms: tuple[IntArray, ...]
    llm_only: tuple[IntArray | None, ...]
    human: NDArray[np.bool_]
    used: NDArray[np.bool_]
    codes: IntArray

    @property
    def count(self) -> int:
        """Number of clusters G."""
        return int(self.codes.shape[0])

    def influence(self, human: FloatArray, llm_only: FloatArray, df: float) -> ClusterInfluence:
        """Influence of the clusters with humans and of the others."""
        return ClusterInfluence(human, llm_only, df, self.codes[self.human], self.codes[~self.human])


@dataclass(frozen=True, slots=True)
class ArmRows:
    """An arm's regression by rows: Z (k, n), weights a (n,), residuals e (n,), square roots of weights (n,) or None."""

    z: FloatArray
    a: FloatArray
    residual: FloatArray
    root_weight: FloatArray | None


def arm_rows(estimate: Estimate, arm: int) -> ArmRows:
    """What the influence of an arm's humans is made of, before any leverage correction."""
    frame = estimate.frame
    arm_data, fit = frame.arms[arm], frame.screened.fits[arm]
    root = arm_data.root_weight
    if not estimate.fixed[arm] and fit is not None and fit.rows is not None:
        gap = estimate.pools[frame.sample.pool_of(arm)].mean - fit.mean_c
        z = leverage.with_constant(fit.rows.basis, root)
        return ArmRows(z, own_weights(fit, fit.rows, gap), fit.rows.residual, root)
    residual = arm_data.residual(estimate.slope[arm])
    n = residual.shape[0]
    a = np.full(n, 1.0 / n) if root is None else root**2 / n
    if arm_data.corrected is not None and root is None:
        return ArmRows(np.zeros((0, n)), a, residual, root)
    return ArmRows(leverage.with_constant(np.zeros((0, n)), root), a, residual, root)


def cluster_influence(estimate: Estimate, contrast: FloatArray, population: Population) -> ClusterInfluence:
    """The influence of every cluster on a contrast (D,) of arm means; needs rows with cluster codes."""
    codes = _codes(estimate, contrast)
    if estimate.frame.weighted:
        return _within(_leave_one_out(estimate, contrast, population, codes), estimate.frame.sample, whole=False)
    values, own, factors = np.zeros(codes.count), np.zeros(codes.count), []
    for d in np.flatnonzero(contrast).tolist():
        part = _corrected(arm_rows(estimate, d), codes.arms[d], codes.count)
        values += contrast[d] * part.values
        own += contrast[d] ** 2 * part.squares
        factors.append(contrast[d] * part.factor)
    if population == "super":
        values += _pool_part(estimate, contrast, codes)
    df = limited(_degrees_of_freedom(own, np.concatenate(factors, axis=1)), estimate.frame.sample.spare)
    return _within(codes.influence(values[codes.human], values[~codes.human], df), estimate.frame.sample, whole=True)


def _within(found: ClusterInfluence, sample: Sample, *, whole: bool) -> ClusterInfluence:
    """The influence of clusters within their strata, where there are any; not ``whole``: of one left out at a time."""
    if not sample.within_strata:
        return found
    sources = [u for u in (*sample.human, *sample.llm_only) if isinstance(u, Units)]
    codes = np.concatenate([u.cluster for u in sources if u.cluster is not None])
    strata = np.concatenate([u.stratum for u in sources if u.stratum is not None])
    known, first = np.unique(codes, return_index=True)
    of_human, of_rest = (strata[first[np.searchsorted(known, c)]] for c in (found.human_codes, found.llm_only_codes))
    human = found.human if whole else _unscaled(found.human)
    only = found.llm_only if whole else _unscaled(found.llm_only)
    return replace(found, human=within.centred(human, of_human), llm_only=within.centred(only, of_rest))


def _unscaled(values: FloatArray) -> FloatArray:
    """Influence values (G,) without the factor G / (G - 1) under the root that leaving one out gives them."""
    return np.asarray(values * sqrt(max(1, values.shape[0] - 1) / max(1, values.shape[0])))


def _codes(estimate: Estimate, contrast: FloatArray) -> _Codes:
    sample = estimate.frame.sample
    human = [s.cluster for s in sample.human if isinstance(s, Units) and s.cluster is not None]
    only = [s.cluster if isinstance(s, Units) else None for s in sample.llm_only]
    whole = np.concatenate([*human, *(c for c in only if c is not None)])
    found, inverse = np.unique(whole, return_inverse=True)
    ends = np.cumsum([c.shape[0] for c in human] + [0 if c is None else c.shape[0] for c in only])[:-1]
    split = np.split(inverse, ends)
    slopes = estimate.pool_slopes(contrast)
    pooled = {d for k, pool in enumerate(estimate.pools) if np.count_nonzero(slopes[k]) for d in pool.humans}
    used = [split[d] for d in range(len(human)) if contrast[d] or d in pooled]
    numbers = np.arange(found.shape[0])
    return _Codes(
        tuple(split[: len(human)]),
        tuple(None if c is None else split[len(human) + k] for k, c in enumerate(only)),
        np.isin(numbers, np.concatenate(split[: len(human)])),
        np.isin(numbers, np.concatenate(used)),
        found,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One arm's clusters: u_g (G,), |A_g a_g|^2 (G,), and Z'A_g a_g (G, k)."""

    values: FloatArray
    squares: FloatArray
    factor: FloatArray


def _corrected(rows: ArmRows, codes: IntArray, count: int) -> _Part:
    """A_g a_g through the eigenvalues of Z_g'Z_g, which are those of H_gg that are not 0."""
    z = rows.z
    if not z.shape[0]:
        own = _sum(rows.a * rows.a, codes, count)
        return _Part(_sum(rows.a * rows.residual, codes, count), own, np.zeros((count, 1)))
    eigenvalues, vectors = np.linalg.eigh(_gram_sums(z, codes, count))
    spare = 1.0 - eigenvalues
    root = np.where(spare > PERFECT, 1.0 / np.sqrt(np.maximum(spare, PERFECT)), 0.0)
    tiny = np.abs(eigenvalues) < 1e-8
    gain = np.where(tiny, 0.5, (root - 1.0) / np.where(tiny, 1.0, eigenvalues))
    along = np.einsum("gkl,gk->gl", vectors, _sums(z * rows.a, codes, count)) * gain
    turned = np.einsum("gkl,gl->gk", vectors, along)
    w = rows.a + np.einsum("kn,nk->n", z, turned[codes])
    return _Part(_sum(w * rows.residual, codes, count), _sum(w * w, codes, count), _sums(z * w, codes, count))


def _gram_sums(z: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """Z_g'Z_g of every cluster, (G, k, k)."""
    k = z.shape[0]
    grams = np.zeros((count, k, k))
    for i in range(k):
        for j in range(i, k):
            grams[:, i, j] = grams[:, j, i] = np.bincount(codes, z[i] * z[j], count)
    return grams


def _sum(values: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """Sums by cluster of ``values`` (n,), as (G,)."""
    return np.bincount(codes, values, count).astype(np.float64)


def _sums(values: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """Sums by cluster of the rows of ``values`` (k, n), as (G, k)."""
    return np.array([np.bincount(codes, row, count) for row in values]).T


def _degrees_of_freedom(own: FloatArray, factor: FloatArray) -> float:
    """tr(K)^2 / tr(K K) for K = diag(own) - F F', own (G,), F (G, k)."""
    lengths = np.einsum("gk,gk->g", factor, factor)
    inner = factor.T @ factor
    trace = float(own.sum() - lengths.sum())
    square = float(own @ own - 2.0 * own @ lengths + np.vdot(inner, inner))
    return trace * trace / square


def _pool_part(estimate: Estimate, contrast: FloatArray, codes: _Codes) -> FloatArray:
    """P_g (G,) over all pools."""
    sample, slopes, total = estimate.frame.sample, estimate.pool_slopes(contrast), np.zeros(codes.count)
    for k, pool in enumerate(estimate.pools):
        if not np.count_nonzero(slopes[k]):
            continue
        part, members = np.zeros(codes.count), np.zeros(codes.count)
        sources: list[tuple[int | None, IntArray]] = [(d, codes.arms[d]) for d in pool.humans]
        only = codes.llm_only[k]
        sources += [(None, only)] if pool.llm_only is not None and only is not None else []
        for arm, clusters in sources:
            units = sample.llm_only[k] if arm is None else sample.human[arm]
            assert isinstance(units, Units)
            part += np.bincount(clusters, pool.reach(units.c, slopes[k], arm), codes.count)
            members[clusters] = 1.0
        n_clusters = float(members.sum())
        total += part * sqrt(n_clusters / max(1.0, n_clusters - 1.0))
    return total


def _leave_one_out(estimate: Estimate, contrast: FloatArray, population: Population, codes: _Codes) -> ClusterInfluence:
    """Scaled changes of the estimate when each cluster is left out of fit and pool; fixed slopes stay fixed."""
    moving = population == "super"
    means = [_pool_means(estimate, k, codes, moving=moving) for k in range(len(estimate.pools))]
    change = np.zeros(codes.count)
    for d in np.flatnonzero(contrast).tolist():
        mean = means[estimate.frame.sample.pool_of(d)]
        change += contrast[d] * (_arm_without(estimate, d, codes, mean) - estimate.theta[d])
    n_used = int(codes.used.sum())
    human = np.where(codes.used, -change, 0.0)[codes.human] * sqrt((n_used - 1) / n_used)
    rest = -change[~codes.human]
    n_rest = max(1, rest.shape[0])
    arms = {estimate.frame.sample.arms[d] for d in np.flatnonzero(contrast).tolist()}
    df = limited(float(n_used - len(arms)), estimate.frame.sample.spare)
    return codes.influence(human, rest * sqrt((n_rest - 1) / n_rest), df)


def _pool_means(estimate: Estimate, k: int, codes: _Codes, *, moving: bool) -> FloatArray:
    """The mean of pool k without each cluster (G, p)."""
    sample, pool, frame = estimate.frame.sample, estimate.pools[k], estimate.frame
    whole = np.repeat(pool.mean[None], codes.count, axis=0)
    if not moving:
        return whole
    human: list[tuple[object, IntArray | None]] = [(sample.human[d], codes.arms[d]) for d in pool.humans]
    only: list[tuple[object, IntArray | None]] = [(sample.llm_only[k], codes.llm_only[k])] * (pool.llm_only is not None)
    groups = [human + only] if frame.by_probability else [human, only]
    top, bottom = np.zeros_like(whole), np.zeros(codes.count)
    for group in groups:
        sums, total, squares = np.zeros_like(whole), np.zeros(codes.count), np.zeros(codes.count)
        for units, clusters in group:
            assert isinstance(units, Units)
            assert clusters is not None
            weight = np.ones(units.n) if units.weight is None else units.weight
            sums += (units.c @ weight) - _sums(units.c * weight, clusters, codes.count)
            total += weight.sum() - np.bincount(clusters, weight, codes.count)
            squares += weight @ weight - np.bincount(clusters, weight * weight, codes.count)
        scale = np.ones_like(total) if frame.by_probability else total / np.where(squares > 0.0, squares, np.inf)
        top, bottom = top + sums * scale[:, None], bottom + total * scale
    return np.where(np.diag(pool.sampling) > 0.0, top / bottom[:, None], whole)


def _arm_without(estimate: Estimate, arm: int, codes: _Codes, pool_means: FloatArray) -> FloatArray:
    """The calibrated mean of an arm without each cluster (G,)."""
    frame, fit = estimate.frame, estimate.frame.screened.fits[arm]
    data, clusters = frame.arms[arm], codes.arms[arm]
    joint, root = data.joint, data.root_weight
    own = fit if not estimate.fixed[arm] and fit is not None and fit.rows is not None else None
    z = arm_rows(estimate, arm).z
    slope = np.zeros(joint.mean.shape[0] - 1) if own is not None else estimate.slope[arm]
    assert root is not None
    outcome = root * data.residual(slope)
    left = np.eye(z.shape[0]) - _gram_sums(z, clusters, codes.count)
    right = (z @ outcome) - _sums(z * outcome, clusters, codes.count)
    coefficients = np.einsum("gkl,gl->gk", np.linalg.pinv(left, rcond=PERFECT, hermitian=True), right)
    whole = estimate.pools[frame.sample.pool_of(arm)].mean - joint.mean[1:]
    gap = pool_means - joint.mean[1:]
    changed = np.einsum("gk,gk->g", _reach(own, gap, joint.n), coefficients) + gap @ slope
    unchanged = float(_reach(own, whole[None], joint.n)[0] @ (z @ outcome)) + float(whole @ slope)
    return np.asarray(float(estimate.theta[arm]) + changed - unchanged)


def _reach(own: ArmFit | None, gap: FloatArray, n: int) -> FloatArray:
    """What the coefficients on Z are multiplied with at these gaps (G, p): the constant's part, then the columns'."""
    at = np.full((gap.shape[0], 1), n**-0.5)
    return at if own is None else np.concatenate((at, gap @ own.loading), axis=1)
