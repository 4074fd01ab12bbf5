"""A design basis from a pilot study: moments by arm and the pool's covariance of the predictions.

Per arm d with n_d humans, S_d the covariance of its p columns, Sigma that of the pool::

    b_d = S_d^{-1} s_yc,   s_d^2 = (s_yy - b's_yc)(n_d - 1)/(n_d - 1 - p),   V(b_d) = s_d^2 S_d^{-1}/(n_d - 1)
    kappa_d^2 = max(0, 1 - tr(Sigma V(b_d)) / b'Sigma b)
    cov(y_d, c) = kappa_d Sigma b_d,   var(y_d) = s_d^2 + kappa_d^2 b'Sigma b

**Shapes** covariance of (y, c) (1 + p, 1 + p) by arm, pool covariance (C, C).
**Units** outcome and columns in their own.
**Assumes** homoskedastic residuals; slopes do not depend on which units were in the pilot.
**Breaks** a small pilot: everything here is a point estimate; uncertainty.py draws what else the pilot allows.
**Raises** NotIdentified (too_few_humans, no_variation), InvalidPlan (length_mismatch).
**Source** the debiased pool term of the regression estimator; Theil's adjusted R^2.
**Differs** residual variance and explained variance are debiased as in the estimator (``estimate``), since
plug-in R^2 with many columns promises savings from noise. Positive definite by construction, up to the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.designs.joint import (
    Basis,
    Column,
    Identification,
    Joint,
    Matrix,
    PredictionDesign,
    Vector,
    basis_of,
    columns_shown,
)
from service.calibration.errors import InvalidPlan, NotIdentified


@dataclass(frozen=True, slots=True)
class ArmMoments:
    """Humans of one arm and the covariance (divisor n - 1) of (y, the columns that its units show), in column order."""

    n: int
    covariance: Matrix


@dataclass(frozen=True, slots=True)
class PilotMoments:
    """Moments of a pilot; ``columns`` say whose entry each column is; pool covariance (C, C), divisor T - 1.

    ``pool_sizes`` are the T: one, or one per arm under ``independent``; empty where the covariance is known.
    """

    arms: tuple[str, ...]
    models: tuple[str, ...]
    columns: tuple[Column, ...]
    by_arm: tuple[ArmMoments, ...]
    pool_covariance: Matrix
    prediction_design: PredictionDesign
    identification: Identification = "exchangeability"
    contrasts: Matrix | None = None
    pool_sizes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """One arm's regression on its p columns: residual variance, slope (p,), inverse of S_d (p, p), kappa^2."""

    residual: float
    slope: Vector
    inverse: Matrix
    kept: float


def assumed_from_moments(pilot: PilotMoments) -> Basis:
    """The joint covariance that the pilot's moments estimate."""
    D, C = max(1, len(pilot.arms)), len(pilot.columns)
    if len(pilot.by_arm) != D or np.shape(pilot.pool_covariance) != (C, C):
        detail = f"{len(pilot.by_arm)} arms of moments for {D} arms, pool covariance {np.shape(pilot.pool_covariance)}"
        raise InvalidPlan.at("/basis", "length_mismatch", detail, f"give one per arm and a {C} by {C} covariance")
    covariance = np.zeros((D + C, D + C))
    covariance[D:, D:] = pilot.pool_covariance
    for d, moments in enumerate(pilot.by_arm):
        shown = columns_shown(pilot.columns, pilot.prediction_design, d)
        pool = pilot.pool_covariance[np.ix_(shown, shown)]
        variance, cross = _arm(moments, pool, f"/basis/data/arms/{d}")
        places = [D + j for j in shown]
        covariance[d, d] = variance
        covariance[d, places] = covariance[places, d] = cross
    joint = Joint(pilot.arms, pilot.models, pilot.columns, covariance, pilot.prediction_design, pilot.identification)
    return basis_of(joint, pilot.contrasts)


def regression_of(moments: ArmMoments, pool: Matrix) -> Regression:
    """The regression of an arm with at least p + 3 humans, judged in the pool's distribution of the columns."""
    p = pool.shape[0]
    inverse = np.asarray(np.linalg.pinv(moments.covariance[1:, 1:], hermitian=True), dtype=np.float64)
    cross = moments.covariance[1:, 0]
    slope = inverse @ cross
    residual = max(0.0, float(moments.covariance[0, 0] - slope @ cross)) * (moments.n - 1) / (moments.n - 1 - p)
    explained = float(slope @ pool @ slope)
    noise = residual * float(np.sum(pool * inverse)) / (moments.n - 1)
    return Regression(residual, slope, inverse, max(0.0, 1 - noise / explained) if explained > 0 else 0.0)


def _arm(moments: ArmMoments, pool: Matrix, pointer: str) -> tuple[float, Vector]:
    """Outcome variance and its covariances with the columns, in the pool's distribution of the columns."""
    p = pool.shape[0]
    if moments.covariance.shape != (p + 1, p + 1):
        detail = f"covariance {moments.covariance.shape} for an outcome and {p} columns"
        raise InvalidPlan.at(pointer, "length_mismatch", detail, f"give a {p + 1} by {p + 1} covariance")
    if moments.n < p + 3:
        detail = f"{moments.n} humans for {p} prediction columns; the residual variance needs {p + 3}"
        raise NotIdentified.at(pointer, "too_few_humans", detail, "give more humans or fewer columns")
    fit = regression_of(moments, pool)
    variance = fit.residual + fit.kept * float(fit.slope @ pool @ fit.slope)
    if not variance > 0:
        raise NotIdentified.at(pointer, "no_variation", "the human outcome does not vary", "check the outcome")
    return variance, np.sqrt(fit.kept) * (pool @ fit.slope)
