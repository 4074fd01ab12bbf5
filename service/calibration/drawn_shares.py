"""Strata whose shares are those of the sample: what the sampling error of the shares adds to an estimate.

Formula: with tau = sum_h W_h tau_h and W_h = sum_{i in h} w_i / w over the N units that the shares are made of,
    s_i = w_i / w (tau_h(i) - tau) sqrt(g N / (N - 1)),    Var(tau) = sum_h W_h^2 Var(tau_h) + sum_i s_i^2
    g   = max(0, 1 - sum_h W_h (1 - W_h) v_h / sum_h W_h (tau_h - tau)^2)
where v_h is the variance of the humans' part of tau_h: the tau_h differ by chance too, and g takes that out. With
clusters N counts clusters, and s_i is added to what else is known of a unit's cluster. For influence values of a model
tau_h is the humans' mean in h.
Shapes: H strata, contrast t (D,) of the frame's arms. Units: outcome units.
Assumes: the units are a random sample, not one of a size per stratum that was laid down; for such a one the interval is
wider than it needs to be, and ``stratum_shares`` says so. Breaks: nothing else. Raises: nothing.
Source: Lohr (2010), Sampling: Design and Analysis, section 4.4 (poststratification with estimated shares: double
sampling, section 12.1); the delta method.
Differs: g, so that many small strata do not count their own noise twice. Quantiles of arms with LLM-only units of their
own take the error of the arm's own units for that of all, which makes them too wide rather than too short.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration import pools
from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Population
from service.calibration.sample import Units


def by_stratum(estimate: Estimate, contrast: FloatArray, population: Population) -> FloatArray | None:
    """s_i of a unit of weight 1 by stratum (H,); None where shares are stated, or are those of the sample at hand."""
    share = estimate.frame.sample.drawn_shares
    if share is None or population != "super" or estimate.frame.compat:
        return None
    tau, noise = _means(estimate, contrast, share.shape[0])
    away = tau - share @ tau
    between, chance = float(share @ away**2), float(share * (1.0 - share) @ noise)
    kept = max(0.0, 1.0 - chance / between) if between > 0.0 else 0.0
    counted = units(estimate)
    clusters = [u.cluster for u in counted if u.cluster is not None]
    n = np.unique(np.concatenate(clusters)).size if clusters else sum(u.n for u in counted)
    total = float(sum(pools.weight(u).sum() for u in counted))
    return np.asarray(away * sqrt(kept * n / (n - 1.0)) / total)


def of_units(each: FloatArray, source: Units) -> FloatArray:
    """s_i of the units of a source (n,)."""
    return np.asarray(pools.weight(source) * each[_strata(source)])


def of_clusters(each: FloatArray, estimate: Estimate, codes: IntArray) -> FloatArray:
    """Sums of s_i over the clusters of these codes (G,), which are in order."""
    found = np.zeros(codes.shape[0])
    for source in units(estimate):
        assert source.cluster is not None
        mine = np.isin(source.cluster, codes)
        found += np.bincount(np.searchsorted(codes, source.cluster[mine]), of_units(each, source)[mine], found.size)
    return found


def units(estimate: Estimate) -> list[Units]:
    """The sources that the shares are made of: all humans and, unless randomization identifies, LLM-only units.

    A pool that is given whole has the humans among its units.
    """
    sample = estimate.frame.sample
    only = [] if estimate.frame.identification == "randomization" else [u for u in sample.llm_only if u is not None]
    human = [] if sample.pool_given and only else sample.human
    return [u for u in (*human, *only) if isinstance(u, Units)]


def _means(estimate: Estimate, contrast: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """tau_h and v_h, (H,) each."""
    sample = estimate.frame.sample
    if not sample.stratum_of:
        return _of_influence(estimate, float(contrast[0]), count)
    share = sample.drawn_shares
    assert share is not None
    tau = np.bincount(sample.stratum_of, contrast * estimate.theta, count) / share
    return tau, np.bincount(sample.stratum_of, contrast**2 * estimate.variance, count) / share**2


def _of_influence(estimate: Estimate, factor: float, count: int) -> tuple[FloatArray, FloatArray]:
    """The same of influence values, whose one arm holds all strata."""
    (human,), (arm,) = estimate.frame.sample.human, estimate.frame.arms
    assert isinstance(human, Units)
    assert human.y is not None
    weight = np.ones(human.n) if arm.root_weight is None else arm.root_weight**2
    of = _strata(human)
    size = np.bincount(of, weight, count)
    mean = np.bincount(of, weight * human.y, count) / size
    squares = np.bincount(of, (weight * (human.y - mean[of])) ** 2, count)
    people = np.bincount(of, minlength=count)
    return factor * mean, factor**2 * squares / size**2 * people / (people - 1.0)


def _strata(source: Units) -> IntArray:
    assert source.stratum is not None
    return source.stratum
