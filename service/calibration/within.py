"""The variance of influence values within strata.

Formula: with z_i the influence of a unit (a cluster) of stratum h, n_h of them, d = z - zbar_h,
    Var = sum_h n_h / (n_h - 1) sum_i d_i^2,      ``centred`` values are sqrt(n_h / (n_h - 1)) d_i
and, for K = diag(own) - F F' of a leverage correction (see ``corrections``), the same of C K C with C the centring,
    L = C F,  tr = sum own - |L|^2,
    tr^2 terms = sum_h f_h^2 ((1 - 2/n_h) sum own^2 + (sum own)^2 / n_h^2) - 2 sum f_i own_i |L_i|^2 + |L'L|^2
with f_h = n_h / (n_h - 1). A stratum of one value is left as it is.
Shapes: n values, q columns. Units: those of the values.
Assumes: strata were sampled independently. Raises: nothing.
Source: Lohr (2010), Sampling: Design and Analysis, section 9.1 (linearisation); Bell & McCaffrey (2002) for df.
Differs: degrees of freedom are Satterthwaite's of the centred form, not clusters less strata.
"""

from __future__ import annotations

import numpy as np

from service.calibration.moments import FloatArray, IntArray

ROUNDING = 1e-14  # share of a stratum's mean below which deviations from it are rounding
CONSTANT = 1e-10  # share of a row's size below which it does not vary within strata


def centred(values: FloatArray, strata: IntArray) -> FloatArray:
    """Values (n,) whose sum of squares is the variance of their sum within strata."""
    return np.asarray(_deviations(values[:, None], strata)[:, 0])


def _deviations(values: FloatArray, strata: IntArray) -> FloatArray:
    """C times values (n, q)."""
    of, n = np.unique(strata, return_inverse=True, return_counts=True)[1:]
    sums = np.array([np.bincount(of, column, n.shape[0]) for column in values.T]).T.reshape(n.shape[0], values.shape[1])
    mean = np.where(n > 1, 1.0 / n, 0.0)[:, None] * sums
    found = values - mean[of]
    found[np.abs(found) <= ROUNDING * np.abs(mean[of])] = 0.0
    return np.asarray(found * np.sqrt(_factor(n))[of, None])


def _factor(n: IntArray) -> FloatArray:
    return np.asarray(n / np.maximum(n - 1, 1), dtype=np.float64)


def deviations(rows: FloatArray, root_weight: FloatArray | None, strata: IntArray) -> FloatArray:
    """Rows (q, n), sqrt(w) x deviations from anything, as those from the weighted means of their strata.

    A row that does not vary within strata is 0.
    """
    of = np.unique(strata, return_inverse=True)[1]
    root = np.ones(rows.shape[1]) if root_weight is None else root_weight
    size = np.bincount(of, root * root)
    found = np.array([row - root * (np.bincount(of, root * row) / size)[of] for row in rows])
    found[np.linalg.norm(found, axis=1) <= CONSTANT * np.linalg.norm(rows, axis=1)] = 0.0
    return found


def traces(own: FloatArray, f: FloatArray, strata: IntArray) -> tuple[float, float]:
    """tr(C K C) and tr((C K C)^2) of K = diag(own) - F F', own (n,), F (n, q)."""
    of, n = np.unique(strata, return_inverse=True, return_counts=True)[1:]
    factor, inside = _factor(n), _deviations(f, strata)
    lengths, inner = np.einsum("nq,nq->n", inside, inside), inside.T @ inside
    sums, squares = np.bincount(of, own), np.bincount(of, own * own)
    diagonal = np.where(n > 1, factor**2 * ((1.0 - 2.0 / n) * squares + (sums / n) ** 2), squares)
    square = float(diagonal.sum()) - 2.0 * float((factor[of] * own) @ lengths) + float(np.vdot(inner, inner))
    return float(own.sum() - lengths.sum()), square
