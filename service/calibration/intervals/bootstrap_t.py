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
coefficients (up to 5,000 humans) every replicate is fitted again, slopes included, and SE and V* are the plain
sandwich (see ``replicates``).
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import NEARLY_ONE, Context, FisherZ, Pivot, around, fisher_z
from service.calibration.intervals.requirements import require_rows
from service.calibration.moments import FloatArray
from service.calibration.replicates import Replicates, replicates
from service.calibration.resampling import resampled
from service.calibration.variance import drawn_together

NO_VARIANCE = 1e-10  # share of the variance below which a replicate's is rounding error

CARD = Card(
    name="bootstrap_t",
    title="Studentised bootstrap",
    formula="estimate - quantiles of the resampled t statistics x standard error; units (or whole clusters) resampled",
    assumptions=("units (or clusters) are independent",),
    limits=(
        "wide or open-ended with few humans and rare binary outcomes: use score",
        "needs rows, not moments; not for quantiles, plug_in or coefficients with strata",
    ),
    sources=("Efron & Tibshirani (1993), section 12.5", "Hall (1988), AoS 16:927-953"),
)


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Pivot:
    """The sorted bounds tau - T* SE of a contrast (D,)."""
    sample = estimate.frame.sample
    require_rows(sample, CARD.name)
    if sample.redraw is None:
        t, error = _of_influence(estimate, contrast, context), context.standard_error
        return around(context, -t * error if error > 0.0 else np.zeros_like(t))
    found = replicates(estimate, sample.redraw, studentised=True)
    own = context if sample.link is None else replace(context, value=fisher_z(context.value))
    if sample.link is not None:
        found = _on_fisher_z(found, context.value)
    t = studentised(found.moved, found.variance, NO_VARIANCE * found.whole)
    draws = around(own, -t * sqrt(found.whole) if found.whole > 0.0 else np.zeros_like(t))
    return draws if sample.link is None else FisherZ(draws)


def _on_fisher_z(found: Replicates, value: float) -> Replicates:
    """The replicates of the atanh of a correlation, each with the slope of its own."""
    there = np.clip(value + found.moved, -NEARLY_ONE, NEARLY_ONE)
    here = float(np.clip(value, -NEARLY_ONE, NEARLY_ONE))
    return Replicates(
        np.arctanh(there) - fisher_z(value),
        found.variance / np.square(1.0 - there * there),
        found.whole / (1.0 - here * here) ** 2,
    )


def _of_influence(estimate: Estimate, contrast: FloatArray, context: Context) -> FloatArray:
    """T* (B,) with slopes held."""
    moved, variance, whole = np.zeros(context.replicates), np.zeros(context.replicates), 0.0
    for source, values in drawn_together(estimate, contrast, context.population).items():
        n, generator = values.shape[0], context.generator(f"bootstrap {source}")
        sums, squares = resampled(values, context.replicates, generator, powers=2)
        moved += sums - values.sum()
        variance += np.maximum(squares - sums * sums / n, 0.0) * (n / max(1, n - 1))
        whole += float(np.square(values - values.mean()).sum())
    return studentised(moved, variance, NO_VARIANCE * whole)


def studentised(moved: FloatArray, variance: FloatArray, floor: float) -> FloatArray:
    """Ratio moved / sqrt(variance) (B,): infinite where the variance is not above the floor, 0 where nothing moved."""
    solid = variance > floor
    t = np.where(moved == 0.0, 0.0, np.copysign(np.inf, moved))
    t[solid] = moved[solid] / np.sqrt(variance[solid])
    return t
