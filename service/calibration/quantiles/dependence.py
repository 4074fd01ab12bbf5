"""How the arms' distribution functions depend on each other: the correlation of F_d(t_d) and F_e(t_e).

Formula: r_de = sum over units (clusters) of the two estimates' influence values / root of the product of their squares.
Arms with LLM-only units of their own and no clusters are independent.
Shapes: D arms. Units: none.
Source: that of ``variance`` and ``clusters``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.multiplicity import correlation
from service.calibration.plan import Population
from service.calibration.sample import Sample, Units
from service.calibration.variance import Influence, influences


def dependence(estimates: Sequence[Estimate], weights: Sequence[FloatArray], population: Population) -> FloatArray:
    """Correlation (D, D) of arms, each given as its estimate at its own t and its weights of that frame's cells."""
    sample = estimates[0].frame.sample
    if not (sample.shared or sample.clustered):
        return np.eye(len(estimates))
    groups = [influences(e, t, population) for e, t in zip(estimates, weights, strict=True)]
    if not sample.clustered:
        return correlation(groups)
    size = 1 + max(int(_clusters(e.frame.sample)[1].max()) for e in estimates)
    return correlation([_lined_up(e.frame.sample, g, size) for e, g in zip(estimates, groups, strict=True)])


def _lined_up(sample: Sample, groups: Sequence[Influence], size: int) -> tuple[Influence, ...]:
    """The influence of clusters with humans and of all others (as ``clusters`` orders them) by cluster code (size,)."""
    human, everyone = _clusters(sample)
    found = np.unique(everyone)
    with_humans = np.isin(found, human)
    values = np.zeros(size)
    values[found[with_humans]] = groups[0].values
    if len(groups) > 1:
        values[found[~with_humans]] = groups[1].values
    return (Influence(values, "clusters", groups[0].df),)


def _clusters(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Cluster codes of the humans, and of everyone."""
    human = [s.cluster for s in sample.human if isinstance(s, Units) and s.cluster is not None]
    only = [s.cluster for s in sample.llm_only if isinstance(s, Units) and s.cluster is not None]
    return np.concatenate(human), np.concatenate([*human, *only])
