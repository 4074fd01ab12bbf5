"""Rejections: weighted Benjamini-Hochberg and weighted Holm as adjusted p-values; rejected iff adjusted <= error_rate.

Formula, q_i = p_i/w_i in ascending order, weights with mean 1:
    benjamini_hochberg  min_{i >= j} min(1, J q_(i)/i)
    holm                max_{i <= j} min(1, q_(i) (w_(i) + .. + w_(J)))
    folds               holm within each fold of n of the J hypotheses, times J/n: error_rate n/J for each
Shapes: J hypotheses; a p-value that is NaN was not run: it counts in J and in the weights, and is never rejected.
Units: none.
Assumes: weights that do not depend on these p-values; benjamini_hochberg: independent or positively dependent (PRDS).
Breaks: benjamini_hochberg can reject p above error_rate where a weight is large and most hypotheses are rejected.
Raises: nothing.
Source: Genovese, Roeder & Wasserman (2006), Biometrika 93:509-524; Holm (1979), section 4; Blanchard & Roquain (2008),
Electronic Journal of Statistics 2:963-992 (PRDS with weights).
Differs: p = 1 could be rejected by a weight above J/error_rate; what was not run cannot.
"""

from __future__ import annotations

import numpy as np

from service.calibration import multiplicity
from service.calibration.moments import FloatArray, IntArray
from service.calibration.screenings.weights import Multiplicity


def adjusted(p_values: FloatArray, weights: FloatArray, method: Multiplicity) -> FloatArray:
    """Adjusted p-values (J,); 1 where not run."""
    if method == "holm":
        return _holm(_ratios(p_values, weights), weights)
    stepped = multiplicity.adjusted(_ratios(p_values, weights).tolist(), "benjamini_hochberg")
    return np.array(stepped, dtype=np.float64)


def adjusted_in_folds(p_values: FloatArray, weights: FloatArray, folds: IntArray) -> FloatArray:
    """Adjusted p-values (J,) of weighted Holm within folds (J,), whose weights have mean 1 in every fold."""
    found, count = np.ones_like(weights), weights.shape[0]
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        within = _holm(_ratios(p_values[rows], weights[rows]), weights[rows])
        found[rows] = np.minimum(1.0, within * (count / rows.shape[0]))
    return found


def further_rank(p_values: FloatArray, weights: FloatArray, error_rate: float) -> int:
    """The rank k up to which one more hypothesis would be rejected by benjamini_hochberg: iff p <= w k error_rate/J."""
    q = np.sort(_ratios(p_values, weights))
    ranks = np.arange(1, q.shape[0] + 1)
    others = np.searchsorted(q, error_rate * ranks / q.shape[0], side="right")
    return int(ranks[others >= ranks - 1].max())


def _holm(q: FloatArray, weights: FloatArray) -> FloatArray:
    order = np.argsort(q, kind="stable")
    remaining = np.cumsum(weights[order][::-1])[::-1]
    found = np.empty_like(q)
    found[order] = np.maximum.accumulate(np.minimum(1.0, q[order] * remaining))
    return found


def _ratios(p_values: FloatArray, weights: FloatArray) -> FloatArray:
    return np.where(np.isnan(p_values), np.inf, p_values / weights)
