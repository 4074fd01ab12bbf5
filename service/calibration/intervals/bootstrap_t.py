"""bootstrap_t: the studentised bootstrap of the estimate's influence values, equal-tailed.

Formula: with S* = sum over groups of sum (w_i - 1) z_i as in ``bootstrap`` and, in the same replicate,
    V* = sum over groups n_g/(n_g - 1) (sum w_i z_i^2 - (sum w_i z_i)^2 / n_g),    T* = S* / sqrt(V*),
the bounds are tau - T* SE with the estimate's own standard error SE; a replicate without variance has T* = -+infinity.
Shapes: contrast (D,), B replicates. Units: outcome units.
Assumes: units (or clusters) independent. Breaks: below about 10 humans per arm, and with rare binary outcomes, where
replicates without variance leave an end open.
Raises: ``rows_required`` for moments.
Source: Efron & Tibshirani (1993), section 12.5; Hall (1988), Annals of Statistics 16:927-953.
Differs: slopes are not fitted again in every replicate: their effect is in the influence values to first order. Of
coefficients (up to 20,000 humans) every replicate is fitted again, slopes included, and SE and V* are the plain
sandwich (see ``replicates``).
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Draws, around
from service.calibration.intervals.requirements import require_rows
from service.calibration.moments import FloatArray
from service.calibration.replicates import replicates
from service.calibration.resampling import resampled
from service.calibration.variance import influences

NO_VARIANCE = 1e-10  # share of the variance below which a replicate's is rounding error

CARD = Card(
    name="bootstrap_t",
    title="Studentised bootstrap",
    formula="estimate - quantiles of the resampled t statistics x standard error; units (or whole clusters) resampled",
    assumptions=("units (or clusters) are independent",),
    limits=(
        "wide or open-ended with few humans and rare binary outcomes: use score",
        "needs rows, not moments; not for quantiles",
    ),
    sources=("Efron & Tibshirani (1993), section 12.5", "Hall (1988), AoS 16:927-953"),
)


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Draws:
    """The sorted bounds tau - T* SE of a contrast (D,)."""
    sample = estimate.frame.sample
    require_rows(sample, CARD.name)
    if sample.redraw is not None:
        found = replicates(estimate, sample.redraw, studentised=True)
        t = studentised(found.moved, found.variance, NO_VARIANCE * found.whole)
        error = sqrt(found.whole)
    else:
        t, error = _of_influence(estimate, contrast, context), context.standard_error
    return around(context, sample.link, -t * error if error > 0.0 else np.zeros_like(t))


def _of_influence(estimate: Estimate, contrast: FloatArray, context: Context) -> FloatArray:
    """T* (B,) with slopes held."""
    moved, variance, whole = np.zeros(context.replicates), np.zeros(context.replicates), 0.0
    for group in influences(estimate, contrast, context.population):
        n = group.values.shape[0]
        generator = context.generator(f"bootstrap {group.source}")
        sums, squares = resampled(group.values, context.replicates, generator, powers=2)
        moved += sums - group.values.sum()
        variance += np.maximum(squares - sums * sums / n, 0.0) * (n / max(1, n - 1))
        whole += float(np.square(group.values - group.values.mean()).sum())
    return studentised(moved, variance, NO_VARIANCE * whole)


def studentised(moved: FloatArray, variance: FloatArray, floor: float) -> FloatArray:
    """Ratio moved / sqrt(variance) (B,): infinite where the variance is not above the floor, 0 where nothing moved."""
    solid = variance > floor
    t = np.where(moved == 0.0, 0.0, np.copysign(np.inf, moved))
    t[solid] = moved[solid] / np.sqrt(variance[solid])
    return t
