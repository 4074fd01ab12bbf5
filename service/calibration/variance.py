"""The variance of a contrast of arm means, written once: pieces of an estimate in, variance and degrees of freedom out.

Formula (own least-squares slopes): with B_k = sum t_d b_d over the arms of pool k, V(B_k) = sum t_d^2 W_d, T_k units,
    v_Tk = max(0, B_k' Sigma_k B_k - tr(Sigma_k V(B_k))) / T_k
    Var  = sum t_d^2 v_d + sum v_Tk
    df   = Var^2 / ( sum (t_d^2 v_d)^2/df_d + sum [v_Tk^2/(T_k - 1) + 2 B_k' Sigma_k V(B_k) Sigma_k B_k / T_k^2] ),
           not below the smallest df_d
Joint form (a fixed slope whose own humans are in the pool; weights): Var = sum (r_i + P_i)^2 over all units,
    P_i = q_ki B_k'(c_i - cbar*_k) sqrt(T_k/(T_k - 1));  with clusters the same over clusters (see ``clusters``).
Shares of strata that are the sample's own add s_i (see ``drawn_shares``), in the joint form to r_i + P_i.
Influence values of a model's coefficient from a stratified sample are centred in their strata (see ``within``).
Shapes: contrast t (D,). Units: variance in squared outcome units.
Source: MacKinnon & White (1985) for HC2; Satterthwaite (1946) for combining degrees of freedom; the pool term is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.calibration import drawn_shares, target_rows, within
from service.calibration.clusters import cluster_influence
from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray, IntArray, Moments
from service.calibration.plan import Population
from service.calibration.pools import Pool
from service.calibration.sample import Units


def contrast_variance(estimate: Estimate, contrast: FloatArray, population: Population) -> tuple[float, float]:
    """Variance and degrees of freedom of a contrast (D,); infinite df in ``compat`` (normal quantile, as published)."""
    slopes = estimate.pool_slopes(contrast)
    if _needs_joint_form(estimate, contrast, slopes, population):
        return _joint(estimate, contrast, slopes, population)
    variances, degrees = estimate.variance.tolist(), estimate.df.tolist()
    used = [d for d, weight in enumerate(contrast.tolist()) if weight]
    human = [float(contrast[d]) ** 2 * variances[d] for d in used]
    total = sum(human)
    square = sum(v * v / degrees[d] for v, d in zip(human, used, strict=True))
    for k, pool in enumerate(estimate.pools if population == "super" else ()):
        if np.count_nonzero(slopes[k]):
            arms = [d for d in used if estimate.frame.sample.pool_of(d) == k]
            variance, spread = _pool_variance(estimate, contrast, slopes[k], arms, pool)
            total, square = total + variance, square + spread
    each = drawn_shares.by_stratum(estimate, contrast, population)
    if each is not None:
        drawn = np.concatenate([drawn_shares.of_units(each, u) for u in drawn_shares.units(estimate)])
        variance = float(drawn @ drawn)
        total, square = total + variance, square + variance * variance / (drawn.size - 1)
    if estimate.frame.compat:
        return total, float("inf")
    return total, _df(total, square, min(degrees[d] for d in used))


def _pool_variance(
    estimate: Estimate, contrast: FloatArray, slope: FloatArray, arms: Sequence[int], pool: Pool
) -> tuple[float, float]:
    """v_Tk and its term in the denominator of df; in ``compat`` the published form."""
    size, sampled = pool.size, pool.sampling @ slope
    plain = float(slope @ sampled)
    if estimate.frame.compat:
        return plain * (size - 1) / (size - estimate.frame.ddof) / size, 0.0
    slope_variance = np.zeros(pool.sampling.shape)
    for d in arms:
        slope_variance += contrast[d] ** 2 * estimate.slope_covariance[d]
    variance = max(plain - float(np.vdot(pool.sampling, slope_variance)), 0.0) / size
    spread = 2.0 * float(sampled @ slope_variance @ sampled) / size**2
    return variance, variance * variance / (size - 1) + spread


def _df(total: float, square: float, floor: float) -> float:
    """Satterthwaite's df, not below the smallest of the parts."""
    return max(total * total / square, floor) if square > 0.0 else floor


def _needs_joint_form(estimate: Estimate, contrast: FloatArray, slopes: FloatArray, population: Population) -> bool:
    if estimate.frame.sample.clustered or estimate.frame.weighted or estimate.frame.sample.within_strata:
        return True
    return population == "super" and any(
        estimate.fixed[d] and contrast[d] != 0.0 and bool(np.count_nonzero(slopes[k]))
        for k, pool in enumerate(estimate.pools)
        for d in pool.humans
    )


@dataclass(frozen=True, slots=True)
class Influence:
    """Joint influence values (n,) of one group of units, or of clusters, that were sampled together.

    A group is the humans of one arm (everybody asked, where some did not answer) or the LLM-only units of one pool;
    with clusters all clusters with humans, and all others. ``source`` names it; ``df`` are the degrees of freedom of
    its sum of squares. ``keys`` (n,) are the units' numbers in the caller's data, or the clusters' codes; None: not
    known. ``pool`` is the one that an arm is evaluated on, or whose units they are.
    """

    values: FloatArray
    source: str
    df: float
    keys: IntArray | None = None
    pool: int = 0


def influences(estimate: Estimate, contrast: FloatArray, population: Population = "super") -> tuple[Influence, ...]:
    """r_i + P_i of every unit (u_g + P_g of every cluster) that a contrast (D,) rests on, by group; needs rows.

    Their sum of squares is the joint form of the variance; ``sample`` leaves the pool part out. Rows of a target
    population are a group of their own.
    """
    found = _of_units(estimate, contrast, population)
    drawn = target_rows.influence(estimate.frame.sample, contrast)
    if drawn is None:
        return found
    return (*found, Influence(drawn, "target rows", df=float(drawn.size - 1), keys=np.arange(drawn.size)))


def _of_units(estimate: Estimate, contrast: FloatArray, population: Population) -> tuple[Influence, ...]:
    sample = estimate.frame.sample
    each = drawn_shares.by_stratum(estimate, contrast, population)
    if sample.clustered:
        found = cluster_influence(estimate, contrast, population)
        own, rest = found.human, found.llm_only
        if each is not None:
            own = own + drawn_shares.of_clusters(each, estimate, found.human_codes)
            rest = rest + drawn_shares.of_clusters(each, estimate, found.llm_only_codes)
        spare = float(max(1, rest.shape[0] - 1))
        others = Influence(rest, "LLM-only clusters", df=spare, keys=found.llm_only_codes)
        human = Influence(own, "clusters with humans", df=found.df, keys=found.human_codes)
        return (human, others) if rest.any() else (human,)
    slopes, groups = estimate.pool_slopes(contrast), []
    for d, source in enumerate(sample.human):
        k = sample.pool_of(d)
        in_pool = population == "super" and d in estimate.pools[k].humans and bool(np.count_nonzero(slopes[k]))
        if in_pool or contrast[d] or each is not None:
            asked, own = sample.asked(d), contrast[d] * estimate.human_influence(d)
            reach = _pool_influence(asked, slopes[k], estimate.pools[k], d) if in_pool else 0.0
            values = (sample.response[d].of_asked(own) if sample.response else own) + reach
            values = _with_strata(values, source, each, inside=sample.within_strata)
            groups.append(Influence(values, f"humans {d}", df=float(estimate.df[d]), keys=_row(asked), pool=k))
    for k, pool in enumerate(estimate.pools if population == "super" else ()):
        only = sample.llm_only[k]
        counted = each if estimate.frame.identification != "randomization" else None
        moved = pool.llm_only is not None and bool(np.count_nonzero(slopes[k]))
        if only is not None and (moved or counted is not None):
            values = _pool_influence(only, slopes[k], pool, None) if moved else np.zeros(only.n)
            values = _with_strata(values, only, counted, inside=sample.within_strata)
            groups.append(Influence(values, f"LLM-only {k}", df=float(max(1, only.n - 1)), keys=_row(only), pool=k))
    return tuple(groups)


def drawn_together(estimate: Estimate, contrast: FloatArray, population: Population) -> dict[str, FloatArray]:
    """Joint influence values by group of units that are resampled as one, named by their sources.

    Those of ``influences``; under known sampling probabilities humans and others of a pool are one frame.
    """
    groups = influences(estimate, contrast, population)
    if not estimate.frame.by_probability:
        return {g.source: g.values for g in groups}
    frames = dict.fromkeys(g.pool for g in groups)
    return {f"frame {k}": np.concatenate([g.values for g in groups if g.pool == k]) for k in frames}


def _with_strata(values: FloatArray, source: Units | Moments, each: FloatArray | None, *, inside: bool) -> FloatArray:
    """Influence values (n,) of a source centred in its strata where variance is ``inside`` them, and with s_i."""
    if not inside and each is None:
        return values
    assert isinstance(source, Units)
    assert source.stratum is not None
    values = within.centred(values, source.stratum) if inside else values
    return values if each is None else values + drawn_shares.of_units(each, source)


def _row(source: Units | Moments) -> IntArray | None:
    return source.row if isinstance(source, Units) else None


def _pool_influence(source: Units | Moments, slope: FloatArray, pool: Pool, arm: int | None) -> FloatArray:
    assert isinstance(source, Units)
    return pool.reach(source.c, slope, arm) * sqrt(pool.size / (pool.size - 1.0))


def _joint(estimate: Estimate, contrast: FloatArray, slopes: FloatArray, population: Population) -> tuple[float, float]:
    """Variance and df of the joint influence form, from rows or, without clusters and weights, from moments."""
    if not estimate.frame.sample.has_rows:
        return _joint_from_moments(estimate, contrast, slopes)
    groups = influences(estimate, contrast, population)
    parts = np.array([float(g.values @ g.values) for g in groups])
    total = float(parts.sum())
    if estimate.frame.sample.clustered:
        return total, groups[0].df
    square = float((parts**2 / np.array([g.df for g in groups])).sum())
    return total, _df(total, square, float(estimate.df[contrast != 0.0].min()))


def _joint_from_moments(estimate: Estimate, contrast: FloatArray, slopes: FloatArray) -> tuple[float, float]:
    """The joint form written out in moments: influence values of fixed slopes are linear in (y, c)."""
    frame = estimate.frame
    parts: list[float] = []
    degrees: list[float] = []
    for d, joint in enumerate(frame.human):
        k = frame.sample.pool_of(d)
        pool = estimate.pools[k]
        reach = pool.estimated(slopes[k]) * (sqrt(pool.size / (pool.size - 1)) / pool.size)
        reach = reach if d in pool.humans else np.zeros_like(reach)
        scale = contrast[d] / sqrt(joint.n * (joint.n - 1)) if estimate.fixed[d] else 0.0
        weights = np.concatenate([[scale], reach - scale * estimate.slope[d]])
        own = 0.0 if estimate.fixed[d] else contrast[d] ** 2 * float(estimate.variance[d])
        parts.append(own + _sum_of_squares(joint, weights, float(reach @ (joint.mean[1:] - pool.mean))))
        degrees.append(float(estimate.df[d]))
    for k, pool in enumerate(estimate.pools):
        only = frame.llm_only[k]
        if pool.llm_only is not None and only is not None:
            reach = pool.estimated(slopes[k]) * (sqrt(pool.size / (pool.size - 1)) / pool.size)
            parts.append(_sum_of_squares(only, reach, float(reach @ (only.mean - pool.mean))))
            degrees.append(float(max(1, only.n - 1)))
    total, values = float(sum(parts)), np.array(parts)
    return total, _df(total, float((values**2 / np.array(degrees)).sum()), float(estimate.df[contrast != 0.0].min()))


def _sum_of_squares(source: Moments, weights: FloatArray, offset: float) -> float:
    """Sum over units of (weights'(z - mean) + offset)^2."""
    return max(float(weights @ source.scatter @ weights), 0.0) + source.n * offset * offset
