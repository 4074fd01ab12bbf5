"""Ridge: a shrunk slope for arms with many columns and few humans, its penalty chosen by leaving out one human a time.

Formula: with standardised columns Z = V' s U (singular values s, humans' axes V, columns' axes U) and penalty n k,
    b(k) = U s/(s^2 + n k) V y,   h_i(k) = w_i/n + sum_j V_ji^2 s_j^2/(s_j^2 + n k),   l_i(k) = e_i(k) / (1 - h_i(k))
k minimises sum l_i^2 over a grid up to infinity (slope 0) on which the effective columns sum s^2/(s^2 + n k) are at
most n/3; for shares the sum goes over all categories. Left-out residuals for the variance:
    (1 - w_i/n) l_i(k_i),   k_i the choice of all others, argmin_k sum_{j != i} l_j(k)^2
Shapes: n humans, p columns; slope (p,), residual (n,). Units: slope in outcome units per column unit.
Source: Hoerl & Kennard (1970), Technometrics 12:55-67; Allen (1974), Technometrics 16:125-127 (PRESS); Golub, Heath &
Wahba (1979), Technometrics 21:215-223.
Differs: residuals of the chosen fit are too small twice: the slope has seen the human (coverage .79 at p = 20, n = 30),
and so has the choice of k (.94). Leaving the human out of both gives .95. Near p = n a small k can look good by chance
(twice the human-only MSE at p = 8, n = 10): hence the limit on effective columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.least_squares import Arm
from service.calibration.moments import FloatArray

GRID = np.append(10.0 ** np.arange(-3.0, 2.01, 0.25), np.inf)
MOST = 1.0 / 3.0  # effective columns per human
RELATIVE = 1e-8  # a singular value below this share of the largest is none


@dataclass(frozen=True, slots=True)
class Ridge:
    """A slope (p,) on all columns, left-out residuals (n,) unweighted, and the number of effective columns."""

    slope: FloatArray
    residual: FloatArray
    effective: float


def ridge(arm: Arm, columns: Sequence[int], others: FloatArray | None = None) -> Ridge | None:
    """The ridge slope of an arm's outcome on some columns, none of them constant; None where the best slope is 0.

    ``others`` (K, n) are deviations of all outcomes that share the choice of the penalty; None: the arm's own outcome.
    """
    assert arm.deviations is not None
    joint, keep = arm.joint, list(columns)
    spread = np.sqrt(joint.scatter.diagonal()[1:][keep] / joint.n)
    axes, singular, units = np.linalg.svd(arm.deviations[1:][keep] / spread[:, None], full_matrices=False)
    found = singular > RELATIVE * singular[0]
    axes, singular, units = axes[:, found], singular[found], units[found]
    share = singular**2 / (singular**2 + joint.n * GRID[:, None])
    share = share[share.sum(axis=1) <= MOST * joint.size]
    constant = np.full(joint.n, 1.0 / joint.n) if arm.root_weight is None else arm.root_weight**2 / joint.n
    kept = 1.0 - constant - share @ (units * units)
    y = arm.deviations[0]
    error = np.add.reduce([_left_out(z, share, units, kept) ** 2 for z in ([y] if others is None else others)])
    total = error.sum(axis=1)
    best = int(total.argmin())
    if not share[best].any():
        return None
    choice = (total[:, None] - error).argmin(axis=0)
    residual = (1.0 - constant) * _left_out(y, share, units, kept)[choice, np.arange(joint.n)]
    slope = np.zeros(joint.mean.shape[0] - 1)
    slope[keep] = axes @ (share[best] / singular * (units @ y)) / spread
    effective = max(float(share[best].sum()), float(share.sum(axis=1)[choice].mean()))
    return Ridge(slope, np.asarray(residual if arm.root_weight is None else residual / arm.root_weight), effective)


def _left_out(y: FloatArray, share: FloatArray, units: FloatArray, kept: FloatArray) -> FloatArray:
    """l_i (penalties, n) of an outcome's deviations (n,)."""
    return np.asarray((y - (share * (units @ y)) @ units) / kept)
