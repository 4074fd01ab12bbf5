"""bootstrap: the percentile bootstrap of the estimate's influence values.

Formula: tau* = tau + sum over groups g of sum_{i in g} (w_i - 1) z_i, w the multinomial counts of a resample of group g
(the humans of one arm, the LLM-only units of one pool; with clusters, clusters with humans and all others), z the joint
influence values. Interval: order statistics of tau*; p-value: (number of tau* beyond the null value + 1)/(B + 1).
Shapes: contrast (D,), B replicates. Units: outcome units.
Assumes: units (or clusters) independent; the estimate is near linear in the units. Breaks: below about 30 humans per
arm it is too short, as the normal interval is (use bootstrap_t).
Raises: ``rows_required`` for moments.
Source: Efron (1979); Efron & Tibshirani (1993), sections 13 and 20.
Differs: slopes are not fitted again in every replicate: their effect is in the influence values to first order. Of
coefficients (up to 5,000 humans) every replicate is fitted again, slopes included (see ``replicates``).
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Draws, around
from service.calibration.intervals.requirements import require_rows
from service.calibration.moments import FloatArray
from service.calibration.replicates import replicates
from service.calibration.resampling import resampled
from service.calibration.variance import drawn_together

CARD = Card(
    name="bootstrap",
    title="Percentile bootstrap",
    formula="quantiles of the estimate recomputed from influence values (coefficients: fitted again) under resampling "
    "of units (or whole clusters)",
    assumptions=("units (or clusters) are independent",),
    limits=(
        "too short below about 30 humans per arm (30 clusters): use bootstrap_t or t",
        "needs rows, not moments; not for quantiles, plug_in or coefficients with strata",
    ),
    sources=("Efron (1979)", "Efron & Tibshirani (1993), sections 13 and 20"),
)


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Draws:
    """The sorted replicates of a contrast (D,), which are the bounds of both sides."""
    sample = estimate.frame.sample
    require_rows(sample, CARD.name)
    if sample.redraw is not None:
        draws = around(context, replicates(estimate, sample.redraw, studentised=False).moved)
        return draws if sample.link is None else Draws(np.clip(draws.lower, -1.0, 1.0), np.clip(draws.upper, -1.0, 1.0))
    moved = np.zeros(context.replicates)
    for source, values in drawn_together(estimate, contrast, context.population).items():
        moved += resampled(values, context.replicates, context.generator(f"bootstrap {source}"))[0] - values.sum()
    return around(context, moved)
