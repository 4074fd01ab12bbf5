"""The tuning (lambda): the multiple of the LLM prediction that minimises a contrast's variance.

Formula: the estimate theta(lambda) = sum_d t_d [ybar_d + lambda u_d'(cbar*_k - cbar_d)] gives every unit of
a source s the coefficient g_s on c: for humans of arm d g_d = t_d u_d / n_d - q B_1, for LLM-only units g_S = -q B_1,
with B_1 = sum t_d u_d over the arms of the pool and q = 1/pool size (0 for units outside the pool). Then
    lambda = sum_d t_d cov_d(y, c) g_d / sum_s n_s g_s' Sigma g_s,   Sigma the pooled covariance of c.
One arm, LLM-only pool: cov_H(y, f) / ((1 + n/N) var(f)), the plug-in of PPI++.
Shapes: contrast t (D,), directions u (D, p); lambda is a number.
Source: Angelopoulos, Duchi & Zrnic 2311.01453 (PPI++), proposition 2 and section 6, as ppi-python 0.2.3 plugs it in.
Differs: not clipped and ddof 1, except in ``compat``; one lambda for a whole contrast by the same minimisation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.errors import NotIdentified, UnsupportedCombination
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray


def tuned(frame: Frame, tunings: Sequence[float]) -> Estimate:
    """The estimate with slope lambda_d x (the arm's own LLM prediction), evaluated on the LLM-only units.

    Raises ``no_prediction_for_arm`` where no model answered for an arm, ``too_few_llm_only`` where a pool has one unit,
    ``unsupported_combination`` for ``compat`` without LLM-only units in a shared pool.
    """
    none = np.zeros(len(frame.sample.columns))
    slopes = []
    for d, value in enumerate(tunings):
        if not frame.has_pool[d]:
            slopes.append(none)
            continue
        _check(frame, d)
        slopes.append(value * frame.sample.directions[d])
    return assemble(frame, slopes, frame.reference_pools)


def _check(frame: Frame, arm: int) -> None:
    sample = frame.sample
    pool = frame.reference_pools[sample.pool_of(arm)]
    if not frame.sample.directions[arm].any():
        raise UnsupportedCombination.at(
            "/data/predictions",
            "no_prediction_for_arm",
            f"no prediction column belongs to arm {sample.arms[arm]!r}",
            "send a prediction for every arm, or use estimator regression or auto",
        )
    if pool.size < 2:
        raise NotIdentified.at(
            sample.pointers[arm],
            "too_few_llm_only",
            "this estimator takes its reference mean from the LLM-only units, and there is one",
            "send at least 2 LLM-only units per pool, or use estimator regression or auto",
        )
    if frame.compat and pool.humans and sample.shared:
        raise UnsupportedCombination.at(
            "/plan/compat",
            "unsupported_combination",
            "the published form needs LLM-only units apart from the humans",
            "set identification to exchangeability and send LLM-only units, or leave out compat",
        )


def tuning(frame: Frame, contrast: FloatArray) -> float:
    """Lambda for a contrast (D,); 0 where the prediction does not vary."""
    terms = [_pool_terms(frame, contrast, k) for k in range(len(frame.reference_pools))]
    top, bottom = sum(part[0] for part in terms), sum(part[1] for part in terms)
    if bottom <= 0.0:
        return 0.0
    value = top / bottom
    return min(1.0, max(0.0, value)) if frame.compat else value


def _pool_terms(frame: Frame, contrast: FloatArray, k: int) -> tuple[float, float]:
    """Numerator and denominator of lambda over the units of pool k and of the arms evaluated on it."""
    pool, spread = frame.reference_pools[k], frame.pools[k].covariance
    arms = [d for d in range(len(contrast)) if frame.sample.pool_of(d) == k and frame.has_pool[d]]
    reach = np.where(np.isfinite(frame.known), 0.0, contrast[arms] @ frame.sample.directions[arms]) / pool.size
    top = bottom = 0.0
    for d in arms:
        joint = frame.human[d]
        g = contrast[d] * frame.sample.directions[d] / joint.n - (reach if d in pool.humans else 0.0)
        top += float(contrast[d] * (joint.covariance(frame.ddof)[1:, 0] @ g))
        bottom += joint.n * float(g @ spread @ g)
    if pool.llm_only is not None:
        outside = pool.size - sum(frame.human[d].n for d in pool.humans)
        bottom += outside * float(reach @ spread @ reach)
    return top, bottom
