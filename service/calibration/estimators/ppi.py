"""Prediction-powered inference with lambda = 1 (the difference estimator, GREG with slope 1).

Formula: mu_d = mean over LLM-only f + mean over humans (y - f), f the equal-weight mean of the arm's LLM predictions.
Shapes: slope (D, p), the arm's own prediction columns. Units: outcome units.
Assumes: as ``regression``. Breaks: predictions on another scale than the outcome, or weakly related to it: the variance
exceeds the human-only one (the answer's variance ratio is then above 1).
Raises: ``no_prediction_for_arm``, ``too_few_llm_only``.
Source: Angelopoulos, Bates, Fannjiang, Jordan & Zrnic 2301.09633, algorithm 1.
Differs: t quantile and ddof 1; ``compat`` gives the published normal quantile and ddof 0.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray
from service.calibration.tuning import tuned

CARD = Card(
    name="ppi",
    title="Prediction-powered inference (lambda = 1)",
    formula="mean of the LLM-only predictions plus the mean of (human - LLM) over paired units, arm by arm",
    assumptions=("LLM-only units come from the humans' population", "predictions are on the outcome's scale"),
    limits=("can be much worse than human-only: it trusts the scale of the LLM", "needs 2 LLM-only units per pool"),
    sources=("arXiv 2301.09633",),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Every arm at lambda = 1."""
    return tuned(frame, [1.0] * len(frame.sample.arms))
