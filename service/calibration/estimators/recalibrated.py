"""Recalibrated: regression calibration on predictions that a cross-fitted monotone function has put on the outcome.

Formula: every LLM prediction f becomes h = g(f), g the isotonic regression of other humans' outcomes on f (see
``recalibration``: folds, what units outside the folds get); then, inside each arm, least squares of the outcome on h
and on the columns that are no predictions, evaluated at the pool's mean: mu_d = ybar_d + b_d'(hbar*_k - hbar_d).
Shapes: slope (D, p), on recalibrated predictions. Units: outcome units; a slope on h near 1 says that g is right.
Assumes: as ``regression``; E(y | f) is monotone, for the gain only.
Breaks: with a linear relation learning g costs 16 / 8 / 4 % of the mean squared error at n = 20 / 50 / 200 (N = 10 n,
correlation .7), with a worthless LLM 11 / 4 / 0 % of the human-only one; intervals then cover .945 / .939 / .950.
With tied predictions the order of units settles who is in which fold, and moves the answer within sampling noise.
Raises: ``rows_required``, ``unsupported_combination``, ``too_many_columns``.
Source: Ji, Lei & Zrnic 2501.09731; van der Laan & van der Laan 2604.21260, section 3.
Differs: a least-squares slope on h instead of slope 1; several models are recalibrated one by one, then weighed by
least squares; variance and degrees of freedom are those of ``regression``, given h.
"""

from __future__ import annotations

import numpy as np

from service.calibration import recalibration
from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray

CARD = Card(
    name="recalibrated",
    title="Regression calibration on recalibrated predictions (cross-fitted isotonic)",
    formula="every prediction is replaced by a monotone function of it, learned from the other folds' humans; then "
    "regression calibration on the recalibrated predictions and the other columns",
    assumptions=(
        "as regression",
        "gains where the outcome rises or falls with the prediction, but not in a straight line",
    ),
    limits=(
        "needs rows; means and shares only; no known population mean of a prediction",
        "with a linear relation its mean squared error is above that of regression: 16 % at 20 humans, 4 % at 200",
    ),
    sources=("arXiv 2501.09731", "arXiv 2604.21260"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Every arm on its own least-squares slope on recalibrated predictions; an arm without a pool stays human-only."""
    own = recalibration.recalibrated(frame)
    none = np.zeros(len(own.sample.columns))
    slopes = [own.slope(d) if own.has_pool[d] else none for d in range(len(own.sample.arms))]
    return assemble(own, slopes, own.pools)
