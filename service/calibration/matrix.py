"""Many outcomes at once: regression calibration with one prediction column per outcome, all outcomes as one matrix.

Name: the engine of ``estimate`` and ``variance`` in matrix form, for equally weighted rows, arms with pools of their
own (or one population) and the same units in every outcome.
Formula: as there with p = 1; per outcome and arm, over the humans' deviations dy, dc,
    b = S_cy/S_cc,  gap = cbar* - cbar,  a = 1/n + dc gap/S_cc,  h = 1/n + dc^2/S_cc,  e = dy - b dc
    v = sum a^2 e^2/(1 - h),  W = sum dc^2 e^2/(1 - h) / S_cc^2
    df = (sum a^2)^2 / [sum u^2 (1 - 2h) + M_00^2 + 2 M_01^2 + M_11^2],  u = a^2/(1 - h),  M = sum u z z'
Shapes: K outcomes, n humans, m LLM-only units; y and c (K, n), only (K, m); results (K,). Units: each outcome's own.
Assumes: what ``regression`` assumes, and a prediction that varies and isolates no unit (``usable``).
Breaks: more columns, weights, clusters, strata, known means: those go outcome by outcome.
Raises: nothing. Source: as ``estimate`` and ``variance``. Differs: in nothing but the order of summation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from service.calibration.columns import ISOLATED
from service.calibration.moments import DIGITS_LOST, FloatArray
from service.calibration.samples import ArmMatrix

BoolArray = NDArray[np.bool_]
BLOCK = 24_000
TINY = 1e-100  # scatter below which squares lose their digits
VARIES = 1e-9  # spread of a prediction relative to its size below which it goes outcome by outcome


@dataclass(frozen=True, slots=True)
class ArmResults:
    """One arm's estimates (K,), on its least-squares slope and human-only, and the moments of its predictions.

    ``usable`` says in which outcomes the prediction carries a slope; elsewhere the numbers mean nothing.
    """

    n: int
    pool_size: int
    theta: FloatArray
    variance: FloatArray
    df: FloatArray
    slope: FloatArray
    slope_variance: FloatArray
    pool_spread: FloatArray
    human_mean: FloatArray
    human_variance: FloatArray
    r_squared: FloatArray
    prediction_mean: FloatArray
    prediction_scatter: FloatArray
    llm_only_mean: FloatArray
    llm_only_scatter: FloatArray
    usable: BoolArray

    @property
    def adjusted_r_squared(self) -> FloatArray:
        """1 - (1 - R^2)(n - 1)/(n - 2), (K,)."""
        return np.asarray(1.0 - (1.0 - self.r_squared) * (self.n - 1) / (self.n - 2))

    @property
    def human_scatter(self) -> FloatArray:
        """Sum of squared deviations of the humans' outcomes (K,)."""
        return self.human_variance * (self.n * (self.n - 1))


@dataclass(frozen=True, slots=True)
class Inferred:
    """Estimate, standard error, df, two-sided p-value against a null value, and interval of all outcomes, each (K,)."""

    estimate: FloatArray
    standard_error: FloatArray
    df: FloatArray
    p_value: FloatArray
    lower: FloatArray
    upper: FloatArray


def arm_results(arm: ArmMatrix) -> ArmResults:
    """Every outcome's calibrated and human-only mean of one arm, computed in blocks that stay in the cache."""
    n, m = arm.y.shape[1], arm.only.shape[1]
    gbar, sgg = _moments(arm.only)
    step = max(1, BLOCK // n)
    cuts = [slice(k, k + step) for k in range(0, arm.y.shape[0], step)]
    parts = [_block(arm.y[cut], arm.c[cut], m, gbar[cut], sgg[cut]) for cut in cuts]
    return ArmResults(n, n + m, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _block(y: FloatArray, c: FloatArray, m: int, gbar: FloatArray, sgg: FloatArray) -> tuple[NDArray[Any], ...]:
    """The columns of ``ArmResults`` for some of the outcomes, with mean and scatter of m LLM-only predictions."""
    n, ybar, cbar = y.shape[1], _mean(y), _mean(c)
    dy, dc = y - ybar[:, None], c - cbar[:, None]
    syy, scc, scy = _dot(dy, dy), _dot(dc, dc), _dot(dc, dy)
    usable = (scc > (VARIES * cbar) ** 2 * n + TINY) & (sgg > (VARIES * gbar) ** 2 * m + TINY)
    inverse = 1.0 / np.where(usable, scc, 1.0)
    slope, size = scy * inverse, n + m
    gap = (gbar - cbar) * (m / size)
    spread = (scc + sgg + (n * m / size) * (gbar - cbar) ** 2) / (size - 1)
    root = np.sqrt(inverse)
    e = dy - slope[:, None] * dc
    dc *= root[:, None]
    along = gap * root
    squares = dc * dc
    spare = np.maximum((1.0 - 1.0 / n) - squares, 1.0 - ISOLATED)
    kept = 1.0 / spare
    e *= e
    e *= kept
    a = dc * along[:, None]
    a += 1.0 / n
    a *= a
    top = 1.0 / n + along * along
    return (
        ybar + slope * gap,
        _dot(a, e),
        top * top / _bottom(a, a * kept, dc, squares),
        slope,
        _dot(squares, e) * inverse,
        spread,
        ybar,
        syy / ((n - 1) * n),
        slope * scy / syy,
        cbar,
        scc,
        gbar,
        sgg,
        usable & (spare.min(axis=1) > 1.0 - ISOLATED),
    )


def _bottom(a: FloatArray, u: FloatArray, z: FloatArray, squares: FloatArray) -> FloatArray:
    """Sum u^2 (1 - 2h) + |Z U Z'|^2 from a^2, u = a^2/(1 - h), dc/sqrt S_cc and its squares, each (K, n)."""
    n = u.shape[1]
    diagonal = 2.0 * _dot(u, a) - _dot(u, u)
    return np.asarray(diagonal + _mean(u) ** 2 + 2.0 * _dot(u, z) ** 2 / n + _dot(u, squares) ** 2)


def helpful(arm: ArmResults) -> BoolArray:
    """The limited-harm rule of ``auto`` (K,): adjusted R^2 > 1/(n - 2), and n >= 5."""
    return np.asarray((arm.adjusted_r_squared > 1.0 / (arm.n - 2)) & (arm.n >= 5))


def contrasted(
    arms: Sequence[ArmResults], used: Sequence[BoolArray], contrast: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate, variance and df (K,) of a contrast; ``used`` says in which outcomes an arm takes its slope."""
    none = np.zeros_like(arms[0].theta)
    total, variance, square, floor = none, none, none, none + np.inf
    for t, arm, on in zip(contrast.tolist(), arms, used, strict=True):
        if not t:
            continue
        human = t * t * np.where(on, arm.variance, arm.human_variance)
        df = np.where(on, arm.df, arm.n - 1.0)
        sampled = arm.pool_spread * arm.slope_variance
        pool = np.where(on, np.maximum(arm.slope**2 * arm.pool_spread - sampled, 0.0) / arm.pool_size, 0.0) * t * t
        noise = np.where(on, 2.0 * arm.slope**2 * arm.pool_spread * sampled / arm.pool_size**2, 0.0) * t**4
        total = total + t * np.where(on, arm.theta, arm.human_mean)
        variance = variance + human + pool
        square = square + human**2 / df + pool**2 / (arm.pool_size - 1) + noise
        floor = np.minimum(floor, df)
    return total, variance, np.maximum(variance**2 / square, floor)


def inferred(estimate: FloatArray, variance: FloatArray, df: FloatArray, level: float, null_value: float) -> Inferred:
    """Two-sided t inference for every outcome."""
    error = np.sqrt(variance)
    reach = -stdtrit(df, (1.0 - level) / 2.0) * error
    p_value = 2.0 * stdtr(df, -np.abs(estimate - null_value) / error)
    return Inferred(estimate, error, df, p_value, estimate - reach, estimate + reach)


def _moments(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means and sums of squared deviations (K,) of (K, m): from squares, or deviations where squares lose digits."""
    mean, squares = _mean(a), _dot(a, a)
    scatter = np.asarray(squares - a.shape[1] * mean * mean)
    lost = np.flatnonzero(scatter * DIGITS_LOST <= squares)
    deviations = a[lost] - mean[lost, None]
    scatter[lost] = _dot(deviations, deviations)
    return mean, scatter


def _mean(a: FloatArray) -> FloatArray:
    return np.asarray(a @ np.full(a.shape[1], 1.0 / a.shape[1]))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(np.vecdot(a, b))
