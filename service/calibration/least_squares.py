"""Least squares of the outcome on everything the LLMs say, inside one arm, with dependent columns dropped in order.

Formula: with centred columns C (n x p) = Q R (Q orthonormal, in the order of the columns), slope b = R^{-1} Q'y,
leverage h_i = 1/n + |q_i|^2, residual e = y - ybar - Q Q'y. A column whose part outside the columns before it is
numerically nothing is dropped: its slope is 0 and the residuals stay orthogonal to it.
From moments the same by Cholesky of the scatter matrix; no residuals exist then, only their variance
s^2 = RSS / (n - rank - 1).
With weights (mean 1) every column and the outcome are multiplied by sqrt(w) after centring at their weighted means;
h_i = w_i/n + |q_i|^2.

Shapes: y (n,), c (p, n), basis Q (k, n) with k = rank, loading L (p, k) with b = L L' S_cy and S^{-1} = L L'.
Units: slopes are outcome units per column unit.
Source: Golub & Van Loan, Matrix Computations, section 5.2 (Gram-Schmidt QR).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import scipy

from service.calibration.moments import FloatArray, Moments

EPS = float(np.finfo(np.float64).eps)
RELATIVE = 1e-10  # a column whose remainder is below this share of its spread adds nothing
RELATIVE_SCATTER = 1e-9  # the same for squared quantities, where half of the digits are gone
SMALLEST_SPREAD = 1e-70  # below this, squares leave the range of a double


@dataclass(frozen=True, slots=True)
class RowFit:
    """What only rows can give: orthonormal basis (k, n), residuals (n,), leverages (n,), square roots of weights (n,).

    With weights the basis is that of sqrt(w) x deviations, and ``root_weight`` is not None; residuals are unweighted.
    """

    basis: FloatArray
    residual: FloatArray
    leverage: FloatArray
    root_weight: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class ArmFit:
    """The least-squares fit of one arm; ``rows`` is None when it was made from moments, ``size`` is n or Kish's n.

    ``df_left`` are the degrees of freedom that a model's own fit left to the influence values it is made of.
    """

    n: int
    size: float
    mean_y: float
    mean_c: FloatArray
    variance_y: float
    slope: FloatArray
    kept: tuple[int, ...]
    loading: FloatArray
    rss: float
    rows: RowFit | None
    df_left: float | None = None

    @property
    def rank(self) -> int:
        """Number of columns kept."""
        return len(self.kept)

    @property
    def spare(self) -> bool:
        """Whether a degree of freedom is left for the residual variance: n > rank + 1."""
        return self.n > self.rank + 1

    @property
    def r_squared(self) -> float:
        """Share of the outcome's variance explained, 1 - RSS / TSS; 0 where there is none."""
        return 1.0 - self.rss / (self.variance_y * (self.n - 1)) if self.variance_y > 0.0 else 0.0

    @property
    def adjusted_r_squared(self) -> float:
        """``adjusted`` of the fit's own R^2."""
        return self.adjusted(self.r_squared)

    def adjusted(self, r_squared: float) -> float:
        """1 - (1 - R^2)(n - 1)/(n - rank - 1) with Kish's n; -inf where that leaves no degree of freedom."""
        spare = self.size - self.rank - 1.0
        return 1.0 - (1.0 - r_squared) * (self.size - 1.0) / spare if spare > 0.0 else -inf


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's humans for fitting: moments of (y, c) and, where rows are at hand, their deviations (1 + p, n).

    With weights these are sqrt(w) x deviations from the weighted means, and ``root_weight`` (n,) is not None. With
    ``corrected`` (1 + p, n), unweighted, residuals are those of influence values after their leverage correction.
    """

    joint: Moments
    deviations: FloatArray | None
    root_weight: FloatArray | None = None
    corrected: FloatArray | None = None
    df_left: float | None = None

    def residual(self, slope: FloatArray) -> FloatArray:
        """(y_i - ybar) - b'(c_i - cbar) of the humans (n,), unweighted, from rows."""
        if self.corrected is not None:
            return np.asarray(self.corrected[0] - slope @ self.corrected[1:])
        assert self.deviations is not None
        residual = self.deviations[0] - slope @ self.deviations[1:]
        return np.asarray(residual if self.root_weight is None else residual / self.root_weight)


def fit(arm: Arm, usable: Sequence[int]) -> ArmFit:
    """Fit an arm's outcome on the usable columns of c; the other columns get slope 0."""
    joint, rows = arm.joint, None
    total = float(joint.scatter[0, 0])
    if arm.deviations is None:
        kept, loading = inverse_factor(joint.scatter[1:, 1:], joint.mean[1:], joint.n, usable)
        score = loading.T @ joint.scatter[1:, 0]
        rss = max(total - float(score @ score), 0.0)
    else:
        kept, basis, loading = _orthonormal(arm.deviations[1:], joint, usable)
        score = basis @ arm.deviations[0]
        residual = arm.deviations[0] - score @ basis
        rss = float(residual @ residual)
        rows = _row_fit(basis, residual, arm.root_weight)
        if arm.corrected is not None:
            rows = replace(rows, residual=arm.residual(loading @ score))
    return ArmFit(
        n=joint.n,
        size=joint.size,
        mean_y=float(joint.mean[0]),
        mean_c=joint.mean[1:],
        variance_y=total / (joint.n - 1),
        slope=loading @ score,
        kept=kept,
        loading=loading,
        rss=rss,
        rows=rows,
        df_left=arm.df_left,
    )


def limited(df: float, df_left: float | None, rank: int = 0) -> float:
    """Degrees of freedom, not beyond those that a model's own fit leaves to ``rank`` slopes; at least 1."""
    return df if df_left is None else max(1.0, min(df, df_left - rank))


def _row_fit(basis: FloatArray, residual: FloatArray, root_weight: FloatArray | None) -> RowFit:
    leverage, n = np.add.reduce(basis * basis, axis=0), basis.shape[1]
    if root_weight is None:
        return RowFit(basis, residual, leverage + 1.0 / n)
    return RowFit(basis, residual / root_weight, leverage + root_weight**2 / n, root_weight)


def _orthonormal(
    c: FloatArray, joint: Moments, usable: Sequence[int]
) -> tuple[tuple[int, ...], FloatArray, FloatArray]:
    """Kept columns, orthonormal basis (k, n) of the deviations c (p, n), loading (p, k)."""
    p, n = c.shape
    if not usable:
        return (), np.zeros((0, n)), np.zeros((p, 0))
    spread = np.sqrt(joint.scatter.diagonal()[1:])
    size = np.abs(joint.mean[1:]) + spread
    tolerance = np.maximum(RELATIVE * spread, 8 * EPS * np.sqrt(n) * size) + SMALLEST_SPREAD
    candidates = [j for j in usable if spread[j] > tolerance[j]]
    if len(candidates) == 1:
        norm = spread[candidates[0]]
        return tuple(candidates), c[candidates] / norm, _embedded(np.array([[1.0 / norm]]), candidates, p)
    kept: list[int] = []
    most = min(len(candidates), n - 1)
    basis, factor = np.zeros((most, n)), np.zeros((most, most))
    for j in candidates:
        k = len(kept)
        if k == most:
            break
        remainder, along = _remainder(c[j] / spread[j], basis[:k])
        norm = float(np.sqrt(remainder @ remainder))
        if norm * spread[j] > tolerance[j]:
            basis[k], factor[:k, k], factor[k, k] = remainder / norm, along, norm
            kept.append(j)
    k = len(kept)
    inverse = scipy.linalg.solve_triangular(factor[:k, :k], np.eye(k), check_finite=False)
    return tuple(kept), basis[:k], _embedded(inverse / spread[kept, None], kept, p)


def _remainder(column: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The part of a column (n,) outside an orthonormal basis (k, n), and its coefficients on the basis (k,).

    Classical Gram-Schmidt twice, which is orthogonal to rounding (Giraud, Langou & Rozloznik 2005).
    """
    first = basis @ column
    once = column - first @ basis
    second = basis @ once
    return once - second @ basis, first + second


def inverse_factor(
    scatter: FloatArray, mean: FloatArray, n: int, usable: Sequence[int]
) -> tuple[tuple[int, ...], FloatArray]:
    """Kept columns and L (p, k) with L L' the inverse of a scatter matrix (p, p) on them, columns in order.

    ``mean`` (p,) and ``n`` scale the rounding error below which a column counts as constant.
    """
    p = scatter.shape[0]
    spread = np.sqrt(np.maximum(np.diag(scatter), 0.0))
    floor = 8 * EPS * np.sqrt(n) * np.abs(mean) + SMALLEST_SPREAD
    kept: list[int] = []
    factor = np.zeros((0, 0))
    for j in usable:
        if spread[j] <= floor[j] or len(kept) >= n - 1:
            continue
        row = (
            scipy.linalg.solve_triangular(factor, scatter[kept, j] / (spread[kept] * spread[j]), lower=True)
            if kept
            else np.zeros(0)
        )
        rest = 1.0 - float(row @ row)
        if rest <= RELATIVE_SCATTER:
            continue
        grown = np.zeros((len(kept) + 1, len(kept) + 1))
        grown[:-1, :-1], grown[-1, :-1], grown[-1, -1] = factor, row, np.sqrt(rest)
        factor, kept = grown, [*kept, j]
    if not kept:
        return (), np.zeros((p, 0))
    if len(kept) == 1:
        return tuple(kept), _embedded(1.0 / spread[kept, None], kept, p)
    inverse = scipy.linalg.solve_triangular(factor, np.eye(len(kept)), lower=True).T
    return tuple(kept), _embedded(inverse / spread[kept, None], kept, p)


def _embedded(inverse: FloatArray, kept: Sequence[int], p: int) -> FloatArray:
    loading = np.zeros((p, len(kept)))
    loading[list(kept)] = inverse
    return loading
