"""One arm's calibrated mean: its influence values, variance and degrees of freedom, on its own slope or a given one.

Formula: see ``estimate``; with slope b and the gap cbar* - cbar_d,
    mu_d = ybar_d + b'(cbar* - cbar_d),  r_i = a_i e_i / sqrt(g_i),  v_d = sum r_i^2
Shapes: n humans, p columns; influence (n,). Units: outcome units.
Assumes: independent units. Raises: nothing.
Source: MacKinnon & White (1985), Journal of Econometrics 29 (HC2); Lin (2013), AOAS 7 for the calibrated mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from service.calibration import leverage
from service.calibration.least_squares import Arm, ArmFit, RowFit, limited
from service.calibration.moments import FloatArray
from service.calibration.pools import Pool


@dataclass(frozen=True, slots=True)
class PooledSlope:
    """The slope (p,) of an arm within all its strata; its residual variance is ``inflation`` times that of residuals.

    With N humans in H strata and p columns the inflation is (N - H)/(N - H - p).
    """

    slope: FloatArray
    inflation: float


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """Calibrated mean, variance, df, slope (p,), its covariance (p, p) and r_i (n,); None where rows are not needed."""

    theta: float
    variance: float
    df: float
    slope: FloatArray
    slope_covariance: FloatArray
    influence: FloatArray | None


def own_weights(fit: ArmFit, rows: RowFit, gap: FloatArray) -> FloatArray:
    """a_i (n,) of an arm on its own slope, for the gap cbar* - cbar_d (p,)."""
    along = (fit.loading.T @ gap) @ rows.basis
    if rows.root_weight is None:
        return np.asarray(along + 1.0 / fit.n)
    return np.asarray(rows.root_weight * along + rows.root_weight**2 / fit.n)


def own(fit: ArmFit, pool: Pool) -> ArmEstimate:
    """An arm on its own least-squares slope."""
    gap = pool.mean - fit.mean_c
    theta = fit.mean_y + float(fit.slope @ gap)
    if fit.rows is None:
        reach = fit.loading.T @ gap
        df = fit.n - fit.rank - 1
        s2 = fit.rss / df
        variance = s2 * (1.0 / fit.n + float(reach @ reach))
        return ArmEstimate(theta, variance, float(df), fit.slope, s2 * (fit.loading @ fit.loading.T), None)
    rows, root = fit.rows, fit.rows.root_weight
    a, z = own_weights(fit, rows, gap), leverage.with_constant(rows.basis, root)
    share = 1.0 - rows.leverage if root is None else leverage.kept(z, root)
    scaled = rows.residual / np.sqrt(share)
    r = a * scaled
    basis = rows.basis if root is None else rows.basis * root
    spread = fit.loading @ (basis * (scaled * scaled)) @ basis.T @ fit.loading.T
    spare = limited(leverage.degrees_of_freedom(a, share, z, root), fit.df_left, fit.rank)
    return ArmEstimate(theta, float(r @ r), spare, fit.slope, spread, r)


def fixed(arm: Arm, slope: FloatArray, pool: Pool, ddof: int) -> ArmEstimate:
    """An arm on a given slope (p,); ``ddof`` is 0 in the published forms, else 1."""
    joint, n = arm.joint, arm.joint.n
    theta = float(joint.mean[0]) + float(slope @ (pool.mean - joint.mean[1:]))
    none = np.zeros(pool.covariance.shape)
    root = arm.root_weight
    if arm.corrected is not None:
        r = arm.residual(slope) * (1.0 / n if root is None else root**2 / n)
        return ArmEstimate(theta, float(r @ r), limited(float(n - 1), arm.df_left), slope, none, r)
    if root is None:
        weights = np.concatenate(([1.0], -slope))
        variance = max(float(weights @ joint.scatter @ weights), 0.0) / (n * (n - ddof))
        return ArmEstimate(theta, variance, float(n - 1), slope, none, None)
    a, z = root**2 / n, leverage.with_constant(np.zeros((0, n)), root)
    share = leverage.kept(z, root)
    r = a * arm.residual(slope) / np.sqrt(share)
    return ArmEstimate(theta, float(r @ r), leverage.degrees_of_freedom(a, share, z, root), slope, none, r)


def pooled(arm: Arm, slope: PooledSlope, pool: Pool) -> ArmEstimate:
    """A thin stratum of an arm on the slope of the whole arm."""
    part = fixed(arm, slope.slope, pool, 1)
    r = part.influence
    if r is None:
        n = arm.joint.n
        r = arm.residual(slope.slope) / sqrt(n * (n - 1))
    return replace(part, variance=part.variance * slope.inflation, influence=r * sqrt(slope.inflation))
