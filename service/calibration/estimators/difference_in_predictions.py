"""Difference in predictions: PPI for a contrast of arms whose LLM-only units carry the predictions under all of them.

Formula: tau = sum_d t_d [ybar_d + lambda_d (mean of f_d over LLM-only units - mean of f_d over the arm's humans)], and
its variance is quadratic in lambda: with every unit's coefficient on f_e, g_se (arm d's humans: -t_d/n_d on their own
f_d; pool units: t_e/m on every f_e), and y's coefficient a_d = t_d/n_d,
    M_ef = sum_s n_s g_se' Sigma_s g_sf,   D_e = -sum_d n_d a_d cov_d(y, c) g_de
    ``per_arm``  M lambda = D   (D-T DiP; two arms, LLM-only pool: l1 A1 - l0 B = D1, l0 A0 - l1 B = D0 with
                 A_d = var_S(f_d)/m + var_d(f_d)/n_d, B = cov_S(f1, f0)/m, D_d = cov_d(y, f_d)/n_d)
    ``common``   lambda = 1'D / 1'M 1   (DiP++)        ``one``   lambda = 1   (DiP)
Shapes: contrast t (D,); M (D, D); slope (D, p). Units: outcome units.
Assumes: as ``ppi``, with shared predictions. With independent predictions nothing is shared: arms are tuned apart.
Breaks: few humans (lambda is treated as known). An LLM prediction that does not vary gets lambda 0.
Raises: ``no_prediction_for_arm``, ``too_few_llm_only``.
Source: van Loon & Kanopka (difference in predictions), R package mixedsubjects.
Differs: lambda from all humans instead of two random folds; t quantile; ``compat`` gives the normal quantile. Where the
pool is the humans themselves (randomization) the same minimum with their joint covariance.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray
from service.calibration.tuning import tuned

CARD = Card(
    name="difference_in_predictions",
    title="Difference in predictions (DiP, DiP++, D-T DiP)",
    formula="human contrast plus the mean over LLM-only units of the lambda-weighted difference of their predictions "
    "under the arms, minus the same over the humans' own arms; lambda 1, one lambda, or one per arm (tuning)",
    assumptions=("LLM-only units come from the humans' population and carry predictions under all arms",),
    limits=("lambda is treated as known: intervals are short below about 50 humans per arm", "one LLM direction only"),
    sources=("van Loon & Kanopka, R package mixedsubjects",),
)
INDEPENDENT = 1e-10  # relative singular values below this belong to predictions that do not vary


def fit(frame: Frame, contrast: FloatArray) -> Estimate:
    """Every arm at the lambda that the plan's tuning gives it for a contrast (D,)."""
    return tuned(frame, lambdas(frame, contrast).tolist())


def lambdas(frame: Frame, contrast: FloatArray) -> FloatArray:
    """Lambda of every arm (D,)."""
    if frame.tuning == "one":
        return np.ones(len(contrast))
    quadratic, linear = system(frame, contrast)
    if frame.tuning == "common":
        curvature = float(quadratic.sum())
        return np.full(len(contrast), float(linear.sum()) / curvature if curvature > 0.0 else 0.0)
    size = np.sqrt(quadratic.diagonal())
    scale = np.where(size > 0.0, size, 1.0)
    scaled = np.linalg.lstsq(quadratic / np.outer(scale, scale), linear / scale, rcond=INDEPENDENT)[0]
    return np.asarray(scaled / scale)


def system(frame: Frame, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
    """M (D, D) and D (D,) of the variance lambda'M lambda - 2 D'lambda + constant; zero for arms without part in it."""
    sample, directions = frame.sample, frame.sample.directions
    quadratic, linear = np.zeros((len(contrast),) * 2), np.zeros(len(contrast))
    estimated = np.where(np.isfinite(frame.known), 0.0, 1.0)
    for k, pool in enumerate(frame.reference_pools):
        arms = [d for d in sample.arms_of(k) if frame.has_pool[d] and contrast[d]]
        reach = np.zeros(directions.shape)
        reach[arms] = contrast[arms, None] * directions[arms] * estimated / pool.size
        for d in sorted({*arms, *pool.humans}):
            joint = frame.human[d]
            own = reach.copy() if d in pool.humans else np.zeros_like(reach)
            own[d] -= contrast[d] * directions[d] / joint.size if d in arms else 0.0
            covariance = joint.covariance()
            quadratic += joint.size * own @ covariance[1:, 1:] @ own.T
            linear -= contrast[d] * own @ covariance[1:, 0]
        only = frame.llm_only[k]
        if pool.llm_only is not None and only is not None and only.n > 1:
            size = pool.size - sum(frame.human[d].size for d in pool.humans)
            quadratic += size * reach @ only.covariance() @ reach.T
    return quadratic, linear
