"""Replicates of a coefficient: made again from resampled units, the slopes on the LLMs' answers included.

Formula: in a replicate the human fit is theta*, the fit of a control variate to the humans gamma* (see ``refits``), and
    tau* = theta* + b*'(cbar_pool + sum (v_g - 1) P_g - gamma*),   P_g = sum_{i in g} q_i (c_i - cbar_pool)
    b* = b + (sum v r_c r_c')^{-1} sum v r_c (r_y - b'r_c)          own least-squares slopes, r the contributions
    V* = sum_g v_g (sum_{i in g} (r_y - b*'r_c) + b*'P_g)^2
The pool moves by its influence values; slopes that were given or tuned stay. With v = 1, V* is the plain sandwich
variance V of the estimate itself.
Shapes: b of B replicates, p columns with a slope, G clusters with humans, R others. Units: the component's, V squared.
Assumes: clusters independent. Raises: nothing.
Source: Zrnic 2405.18379 (prediction-powered bootstrap); Hall (1992), The Bootstrap and Edgeworth Expansion.
Differs: slopes are fitted again in every replicate, which is what covers in small samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.redraws import Places, Redraw, Redrawn
from service.calibration.refits import Refitted, Stepped
from service.calibration.resampling import generator, sums
from service.calibration.sample import Units

NOTHING = 1e-9  # share of the columns' scatter added, so that a replicate that tells nothing of slopes keeps them
TINY = 1e-12  # share of a column's scatter that is its rounding


@dataclass(frozen=True, slots=True)
class Replicates:
    """How far a coefficient moved in every replicate (B,), its plain variance there (B,), and that of the estimate."""

    moved: FloatArray
    variance: FloatArray
    whole: float


@dataclass(frozen=True, slots=True)
class _Pooled:
    """How far the pool's means moved (B, p) and what its clusters without humans add to their variance (B, p, p)."""

    moved: FloatArray
    square: FloatArray


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns with a slope: (fit, place) of outcome and columns, slopes b (p,), pool's mean less the humans' (p,).

    ``own``: slopes are fitted again. ``near`` (p, G) and ``far`` (p, R) are P_g of clusters with humans and of others.
    """

    fits: list[tuple[int, int]]
    slope: FloatArray
    gap: FloatArray
    near: FloatArray
    far: FloatArray
    own: bool


def replicates(estimate: Estimate, redraw: Redraw, *, studentised: bool) -> Replicates:
    """The replicates of the mean of a component's sample; variances only if ``studentised``."""
    whole, columns = redraw.whole, _columns(estimate, redraw)
    pooled = _pooled(columns, redraw, studentised=studentised)
    slope = _slopes(whole, columns)
    moved = _moved(whole, columns, slope, pooled)
    if not studentised:
        return Replicates(moved, np.zeros(whole.replicates), 0.0)
    variance = np.einsum("bp,bpq,bq->b", slope, pooled.square, slope)
    for at, drawn in whole.blocks():
        clusters = _by_cluster(whole.refitted, at, columns, slope[at], whole.places)
        variance[at] += np.einsum("bg,bg,bg->b", drawn, clusters, clusters)
    own = _by_cluster(whole.once, slice(0, 1), columns, columns.slope[None], whole.places)
    return Replicates(moved, variance, float(np.square(own).sum() + np.square(columns.slope @ columns.far).sum()))


def _columns(estimate: Estimate, redraw: Redraw) -> _Columns:
    fit, own = estimate.frame.screened.fits[0], not estimate.fixed[0]
    used = list(fit.kept) if own and fit is not None else np.flatnonzero(estimate.slope[0]).tolist()
    near, far = _reach(estimate, redraw, used)
    return _Columns(
        fits=[(0, redraw.outcome), *(redraw.columns[j] for j in used)],
        slope=estimate.slope[0][used],
        gap=(estimate.pools[0].mean - estimate.frame.human[0].mean[1:])[used],
        near=near,
        far=far,
        own=own and bool(used),
    )


def _reach(estimate: Estimate, redraw: Redraw, used: list[int]) -> tuple[FloatArray, FloatArray]:
    """P_g of the clusters that are drawn with the humans, and of those drawn apart."""
    sample, pool, places = estimate.frame.sample, estimate.pools[0], redraw.whole.places
    found = np.zeros((len(used), places.shared + places.apart))
    sources = [(0, sample.human[0], places.human)] if 0 in pool.humans else []
    only = sample.llm_only[0] if pool.llm_only is not None else None
    for arm, units, at in [*sources, *([] if only is None else [(None, only, places.pool)])]:
        assert isinstance(units, Units)
        values = pool.share(arm) * (units.c[used] - pool.mean[used, None])
        found += np.array([np.bincount(at, row, found.shape[1]) for row in values]).reshape(found.shape)
    together = found.shape[1] if redraw.whole.joint else places.shared
    return found[:, :together], found[:, together:]


def _pooled(columns: _Columns, redraw: Redraw, *, studentised: bool) -> _Pooled:
    """What the clusters that are drawn apart do in every replicate."""
    whole, far = redraw.whole, columns.far
    p, size = far.shape
    none = np.zeros((whole.replicates, p, p))
    if not far.any():
        return _Pooled(np.zeros((whole.replicates, p)), none)
    source = generator(whole.seed, "bootstrap LLM-only")
    if not studentised:
        return _Pooled(sums(far, whole.replicates, source), none)
    products = (far[:, None] * far[None]).reshape(p * p, size)
    found = sums(np.concatenate((far, products)), whole.replicates, source)
    return _Pooled(found[:, :p], (found[:, p:] + products.sum(axis=1)).reshape(-1, p, p))


def _slopes(whole: Redrawn, columns: _Columns) -> FloatArray:
    """b* (B, p)."""
    slope = np.repeat(columns.slope[None], whole.replicates, axis=0)
    if not columns.own:
        return slope
    found = _scatter_one_by_one(whole, columns) if whole.scatter is None else _scatter(whole, whole.scatter, columns)
    score, scatter = found[:, 1:, 0] - found[:, 1:, 1:] @ columns.slope, found[:, 1:, 1:]
    own = np.einsum("bpp->bp", scatter)
    size = np.sqrt(np.maximum(own, TINY * own.mean(axis=0) + np.finfo(np.float64).tiny))
    scaled = scatter / (size[:, :, None] * size[:, None, :]) + NOTHING * np.eye(scatter.shape[1])
    return np.asarray(slope + np.linalg.solve(scaled, (score / size)[..., None])[..., 0] / size)


def _scatter(whole: Redrawn, pairs: dict[tuple[int, int], FloatArray], columns: _Columns) -> FloatArray:
    """Sum of v r r' (B, 1 + p, 1 + p) of outcome and columns from that of all components, without the outcome's own."""
    steps = [(whole.refitted[fit], place) for fit, place in columns.fits]
    turns = [fit.turn[place] for fit, place in steps if isinstance(fit, Stepped)]
    found = np.zeros((whole.replicates, len(turns), len(turns)))
    for a, (fit, _) in enumerate(columns.fits[1:], 1):
        for c, (other, _) in enumerate(columns.fits[: a + 1]):
            pair = pairs[fit, other] if fit >= other else pairs[other, fit].transpose(0, 2, 1)
            along = np.einsum("bk,bkl->bl", turns[a], pair)
            found[:, a, c] = found[:, c, a] = np.einsum("bl,bl->b", along, turns[c])
    return found


def _scatter_one_by_one(whole: Redrawn, columns: _Columns) -> FloatArray:
    """As ``_scatter``, from the contributions."""
    count = len(columns.fits)
    found = np.zeros((whole.replicates, count, count))
    for at, drawn in whole.blocks():
        weight = whole.weight(drawn)
        rows = [whole.refitted[fit].contribution(place, at) for fit, place in columns.fits]
        for a in range(1, count):
            weighted = weight * rows[a]
            for c in range(a + 1):
                found[at, a, c] = found[at, c, a] = np.einsum("bn,bn->b", weighted, rows[c])
    return found


def _moved(whole: Redrawn, columns: _Columns, slope: FloatArray, pooled: _Pooled) -> FloatArray:
    """tau* - tau (B,)."""
    human = [whole.refitted[fit].moved[:, place] for fit, place in columns.fits]
    if len(human) == 1:
        return human[0]
    gap = columns.gap + pooled.moved - np.stack(human[1:], axis=1)
    if columns.near.any():
        total = columns.near.sum(axis=1)
        for at, drawn in whole.blocks():
            gap[at] += drawn @ columns.near.T - total
    return np.asarray(human[0] + np.einsum("bp,bp->b", slope, gap) - float(columns.slope @ columns.gap))


def _by_cluster(
    refitted: Sequence[Refitted], at: slice, columns: _Columns, slope: FloatArray, places: Places
) -> FloatArray:
    """Sum over a cluster of r_y - b*'r_c, and b*'P_g, of every cluster that is drawn with the humans (b, G)."""
    residual, *others = (refitted[fit].contribution(place, at) for fit, place in columns.fits)
    for a, row in enumerate(others):
        residual -= slope[:, a, None] * row
    clusters = slope @ columns.near
    clusters[:, : places.shared] += places.by_cluster(residual)
    return clusters
