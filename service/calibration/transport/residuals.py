"""Residuals: what estimated weights leave of a source's variance, by taking out its regression on the covariates.

Formula: weights that meet margins are functions of the data. To first order a weighted mean then has the influence
    w_i (v_i - vbar - B'x_i) / sum w,   B the weighted least squares of v on x (exact for exponential tilts)
so outcome and predictions are replaced by their residuals vbar + v_i - vbar - B'x_i: as x averages 0, no weighted mean
changes, and variances computed from the residuals are those with estimated weights. Leverage corrections and degrees
of freedom are those of that regression (see ``leverage``; by clusters ``corrections``). Regressions on predictions
have the slopes that they have with x among their columns (Frisch & Waugh 1933).
Shapes: n units, p columns, k rows of x; slopes on x (1 + p, k), the outcome's first. Units: the outcome's.
Assumes: x averages 0 under the weights. Breaks: categories with few units: their residuals are near 0.
Raises: nothing; ``problems`` says where a source cannot carry its margins.
Source: Deville & Sarndal (1992), JASA 87:376-382, result 5; Deville, Sarndal & Sautory (1993), JASA 88 for raking.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration import corrections, leverage
from service.calibration.errors import Problem
from service.calibration.influence import Fitted
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Units
from service.calibration.transport.entropy import directions
from service.calibration.transport.weighting import codes


def problems(margins: Margins, x: FloatArray, arm: str) -> list[Problem]:
    """Why the humans of an arm, x (k, n), cannot carry the margins."""
    n, found = x.shape[1], []
    rank = len(directions(x, np.full(n, 1.0 / n)))
    if n < rank + 3:
        text = f"{n} humans of arm {arm!r} cannot carry {rank} margins"
        found.append(Problem("/plan/target", "too_many_margins", text, "state fewer margins, or join categories"))
    for margin, rows, _ in margins.parts(x):
        alone = np.flatnonzero(np.bincount(codes(rows), minlength=len(margin.levels)) == 1) if margin.levels else ()
        text = f"one human of arm {arm!r} stands for this whole category, so its uncertainty cannot be estimated"
        found += [Problem(margin.place(int(i)), "category_of_one", text, "join categories") for i in alone]
    return found


def of_humans(units: Units, weight: FloatArray) -> tuple[Units, float]:
    """An arm's humans with weights (n,) of mean 1, residuals in place of outcome and columns; degrees of freedom."""
    assert units.x is not None
    assert units.y is not None
    n, root = units.n, np.sqrt(weight)
    reach = directions(units.x, weight / n)
    z = leverage.with_constant(reach @ units.x * (root / np.sqrt(n)), root)
    values = np.concatenate((units.y[None], units.c))
    scores = (values * root) @ z.T
    residual = values - scores @ z / root
    kept, df = _corrected(z, root, units.cluster, residual)
    level = residual + scores[:, :1] / np.sqrt(n)
    found = replace(
        units,
        y=_frozen(level[0]),
        c=_frozen(level[1:]),
        corrected=_frozen(kept),
        weight=_frozen(weight),
        on_target=_frozen(scores[:, 1:] @ reach / np.sqrt(n)),
    )
    return found, min(df, float(n - len(z)))


def _corrected(
    z: FloatArray, root: FloatArray, cluster: IntArray | None, residual: FloatArray
) -> tuple[FloatArray, float]:
    """Residuals (q, n) after the leverage correction of their fit on z (1 + r, n), and its degrees of freedom."""
    n = z.shape[1]
    if cluster is None:
        share = leverage.kept(z, root)
        return residual / np.sqrt(share), leverage.degrees_of_freedom(root**2 / n, share, z, root)
    none, rank = np.zeros((len(z), n)), len(z)
    fit = Fitted(("",) * rank, np.zeros(rank), none, z[None], np.eye(rank))
    df = corrections.by_cluster(fit, cluster, jackknife=False).df[0]
    return _left_out(z[1:], root / np.sqrt(n), cluster, residual), float(df)


def _left_out(z: FloatArray, root: FloatArray, cluster: IntArray, residual: FloatArray) -> FloatArray:
    """Residuals (q, n) of fits that left the unit's cluster out: e_g + Z_g'(I - Z_g Z_g')^{-1} Z_g e_g, weighted.

    ``z`` (r, n) are orthonormal sqrt(w / n) x; the constant's part is that of leaving clusters out of the mean.
    """
    own = np.unique(cluster, return_inverse=True)[1]
    found = residual.copy()
    for g in range(int(own.max()) + 1):
        at = np.flatnonzero(own == g)
        mine = z[:, at]
        solved = np.linalg.pinv(np.eye(len(z)) - mine @ mine.T, hermitian=True) @ (mine * root[at]) @ residual[:, at].T
        found[:, at] += (solved.T @ mine) / root[at]
    return found


def of_llm_only(units: Units, weight: FloatArray) -> Units:
    """LLM-only units with weights (n,), residuals in place of columns."""
    assert units.x is not None
    reach = directions(units.x, weight / weight.sum())
    z = reach @ units.x
    gram, cross = (z * weight) @ z.T, (z * weight) @ units.c.T
    slope = np.linalg.solve(gram, cross).T @ reach
    return replace(units, c=_frozen(units.c - slope @ units.x), weight=_frozen(weight))


def _frozen(values: FloatArray) -> FloatArray:
    found = np.ascontiguousarray(values, dtype=np.float64)
    found.flags.writeable = False
    return found
