"""Regression calibration: least squares on everything the LLMs say, inside each arm, evaluated at the pool's mean.

Formula: mu_d = ybar_d + b_d'(cbar*_k - cbar_d) with b_d the arm's own least-squares slope (see ``estimate``).
With one arm this is PPI at lambda = b N/(n + N); with two arms and no LLM-only unit it is Lin's interacted regression.
Shapes: slope (D, p). Units: outcome units.
Assumes: what the identification says (randomization, or exchangeability of LLM-only units with humans).
Breaks: more columns than about n/5 (conservative), n <= columns + 1 (refused).
Raises: ``too_many_columns`` where an arm has too few humans for its columns.
Source: Lin (2013), Annals of Applied Statistics 7:295-318; Angelopoulos et al. 2301.09633 and 2311.01453.
Differs: slopes are never clipped, HC2 with Bell-McCaffrey degrees of freedom, a debiased pool term.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray

CARD = Card(
    name="regression",
    title="Regression calibration",
    formula="inside each arm, regress the human outcome on all LLM predictions and covariates; evaluate at their mean "
    "over the larger pool; HC2 variance plus the debiased pool term; t quantile with Bell-McCaffrey degrees of freedom",
    assumptions=(
        "randomization (shared predictions): arms are randomly assigned; nothing is assumed of the LLM",
        "exchangeability (opt-in, or independent predictions): LLM-only units come from the humans' population",
        "predictions were made without seeing the human outcomes of these units",
    ),
    limits=(
        "needs columns + 2 humans per arm; costs precision when the LLM explains less than p/(n - 2) of the variance",
        "intervals are conservative with many columns and few humans",
    ),
    sources=("Lin (2013), AOAS 7:295-318", "arXiv 2301.09633", "arXiv 2311.01453"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Every arm on its own least-squares slope; an arm without a pool stays human-only."""
    none = np.zeros(len(frame.sample.columns))
    slopes = [frame.slope(d) if frame.has_pool[d] else none for d in range(len(frame.sample.arms))]
    return assemble(frame, slopes, frame.pools)
