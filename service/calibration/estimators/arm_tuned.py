"""Arm-wise tuned PPI++ (D-T): one tuning lambda per arm, each minimising its own arm's variance.

Formula: mu_d = ybar_d + lambda_d (mean of f over LLM-only units - mean of f over the arm's humans).
Shapes: lambda (D,); slope (D, p). Units: outcome units.
Assumes: as ``ppi``. Breaks: few humans (lambda is treated as known).
Raises: ``no_prediction_for_arm``, ``too_few_llm_only``.
Source: van Loon & Kanopka (mixed subjects, double tuning); Angelopoulos, Duchi & Zrnic 2311.01453 for each arm.
Differs: unclipped, ddof 1, t quantile; ``compat`` gives lambda clipped to [0, 1], ddof 0 and the normal quantile.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray
from service.calibration.tuning import tuned, tuning

CARD = Card(
    name="arm_tuned",
    title="Arm-wise tuned PPI++ (double tuning)",
    formula="human mean plus lambda_d times (LLM-only mean - paired LLM mean), one lambda per arm",
    assumptions=("LLM-only units come from the humans' population",),
    limits=("lambda is treated as known: intervals are short below about 50 humans per arm", "one LLM direction only"),
    sources=("van Loon & Kanopka, R package mixedsubjects", "arXiv 2311.01453"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - each arm has its own tuning
    """Every arm at the lambda that minimises its own variance."""
    return tuned(frame, [tuning(frame, unit) for unit in np.eye(len(frame.sample.arms))])
