"""What else a pilot allows: pilots drawn from the uncertainty of this one, each as good a guess at the truth.

Per arm with n humans, p columns, residual variance s^2, slope b, S the humans' covariance of c, T units in the pool::

    s*^2 = s^2 nu / chi^2_nu,   nu = n - 1 - p
    b*   = kappa b + N(0, s*^2 S^{-1} / (n - 1))
    Sigma* = Sigma^{1/2} [Wishart_{T-1}(I) / (T - 1)]^{-1} Sigma^{1/2}

The drawn pilot is planned from exactly as the one at hand (pilot.py), which takes the noise of b* off again, so that
draws centre on the plug-in and reach a model that explains nothing.

**Shapes** as in pilot.py.
**Units** as in pilot.py.
**Assumes** normal residuals and columns, units independent, arms independent given the columns.
**Breaks** heavy tails: the true uncertainty of a variance is larger. The ICC of draws is taken as known.
**Raises** nothing.
**Source** the normal regression's confidence distributions, e.g. Gelman et al., Bayesian Data Analysis (2013), 14.2;
Bartlett (1933) for the Wishart's triangular root; McKay, Beckman & Conover (1979) for the Latin hypercube,
Hammersley & Morton (1956) for mirrored pairs.
**Differs** draws come in mirrored pairs, so that a robust design leans only where the uncertainty does; the slope is
centred on its shrunk value kappa b, for b's own noise would count twice in b'Sigma b.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import scipy
from scipy.special import gammaincinv, ndtri

from service.calibration.designs.joint import Joint, Matrix, Vector, columns_shown
from service.calibration.designs.pilot import ArmMoments, PilotMoments, assumed_from_moments, regression_of

PAIRS = 19
"""Mirrored pairs; with the median 39 draws, of which the least and the largest bound 95 %, (S - 1)/(S + 1)."""

FEW_PAIRS, MANY = 4, 32

Stream = Iterator[float]
"""Uniform numbers in (0, 1), used up one by one."""


def scenarios_of(pilot: PilotMoments, generator: np.random.Generator, pairs: int | None = None) -> tuple[Joint, ...]:
    """2 pairs + 1 joint covariances that the pilot cannot tell from its own: the median one, then mirrored pairs.

    By default 19 pairs, and 4 for more than 32 arms and columns, whose designs have no time for more.
    """
    many = len(pilot.by_arm) + len(pilot.columns) > MANY
    rows = mirrored_hypercube(pairs or (FEW_PAIRS if many else PAIRS), _numbers_used(pilot), generator)
    return tuple(assumed_from_moments(resampled(pilot, iter(row))).joint for row in rows.tolist())


def mirrored_hypercube(pairs: int, size: int, generator: np.random.Generator) -> Matrix:
    """Uniform numbers (2 pairs + 1, size): a Latin hypercube of rows u and 1 - u after a first row of one halves."""
    count = 2 * pairs + 1
    strata = np.argsort(generator.random((pairs, size)), axis=0)
    low = (strata + generator.uniform(1e-9, 1 - 1e-9, (pairs, size))) / count
    one = np.where(generator.random((pairs, size)) < 0.5, low, 1 - low)
    both = np.stack([one, 1 - one], axis=1).reshape(2 * pairs, size)
    return np.concatenate([np.full((1, size), 0.5), both])


def resampled(pilot: PilotMoments, stream: Stream) -> PilotMoments:
    """One pilot drawn from the uncertainty of this one."""
    by_arm = tuple(
        _arm_drawn(moments, pilot.pool_covariance[np.ix_(shown, shown)], stream)
        for moments, shown in zip(pilot.by_arm, _shown(pilot), strict=True)
    )
    return replace(pilot, by_arm=by_arm, pool_covariance=_pool_drawn(pilot, stream))


def _shown(pilot: PilotMoments) -> list[list[int]]:
    """The columns of each arm."""
    return [columns_shown(pilot.columns, pilot.prediction_design, d) for d in range(len(pilot.by_arm))]


def _blocks(pilot: PilotMoments) -> list[list[int]]:
    """The columns of each pool."""
    if pilot.prediction_design != "independent":
        return [list(range(len(pilot.columns)))]
    return [[j for j, c in enumerate(pilot.columns) if c.arm == d] for d in range(len(pilot.pool_sizes))]


def _numbers_used(pilot: PilotMoments) -> int:
    sizes = [len(block) for block in _blocks(pilot)] if pilot.pool_sizes else []
    return sum(1 + len(shown) for shown in _shown(pilot)) + sum(k * (k + 1) // 2 for k in sizes)


def _normals(stream: Stream, count: int) -> Vector:
    return np.asarray(ndtri(np.array(list(islice(stream, count)))))


def _chi_square(stream: Stream, freedom: float) -> float:
    return 2 * float(gammaincinv(freedom / 2, next(stream)))


def _arm_drawn(moments: ArmMoments, pool: Matrix, stream: Stream) -> ArmMoments:
    n, p = moments.n, pool.shape[0]
    fit = regression_of(moments, pool)
    freedom = n - 1 - p
    residual = fit.residual * freedom / _chi_square(stream, freedom)
    noise = np.sqrt(residual / (n - 1)) * (_root(fit.inverse) @ _normals(stream, p))
    slope = np.sqrt(fit.kept) * fit.slope + noise
    cross = moments.covariance[1:, 1:] @ slope
    covariance = moments.covariance.copy()
    covariance[0, 0] = residual * freedom / (n - 1) + float(slope @ cross)
    covariance[0, 1:] = covariance[1:, 0] = cross
    return ArmMoments(n, covariance)


def _pool_drawn(pilot: PilotMoments, stream: Stream) -> Matrix:
    """The pool's covariance, block by block where arms have pools of their own."""
    drawn = pilot.pool_covariance.copy()
    for block, size in zip(_blocks(pilot), pilot.pool_sizes, strict=False):
        if block:
            drawn[np.ix_(block, block)] = _covariance_drawn(drawn[np.ix_(block, block)], size, stream)
    return drawn


def _covariance_drawn(covariance: Matrix, size: float, stream: Stream) -> Matrix:
    """An inverse Wishart draw around the covariance, through the triangular root of its Wishart."""
    k = covariance.shape[0]
    lower = np.diag([math.sqrt(_chi_square(stream, max(1.0, size - 1 - i))) for i in range(k)])
    lower[np.tril_indices(k, -1)] = _normals(stream, k * (k - 1) // 2)
    half = scipy.linalg.solve_triangular(lower, _root(covariance).T, lower=True) * math.sqrt(size - 1)
    return np.asarray(half.T @ half, dtype=np.float64)


def _root(matrix: Matrix) -> Matrix:
    """R with R R' = the positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
