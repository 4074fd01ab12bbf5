"""PPI++: one tuning lambda for the whole contrast, chosen to minimise its variance.

Formula: mu_d = ybar_d + lambda (mean of f over LLM-only units - mean of f over humans), lambda as in ``tuning``.
Shapes: one lambda per contrast; slope (D, p). Units: outcome units.
Assumes: as ``ppi``. Breaks: arms of very different correlation (one lambda suits neither; see ``arm_tuned``).
Raises: ``no_prediction_for_arm``, ``too_few_llm_only``.
Source: Angelopoulos, Duchi & Zrnic 2311.01453.
Differs: unclipped, ddof 1, t quantile; ``compat`` gives lambda clipped to [0, 1], ddof 0 and the normal quantile.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray
from service.calibration.tuning import tuned, tuning

CARD = Card(
    name="power_tuned",
    title="PPI++ (one tuning)",
    formula="human mean plus lambda times (LLM-only mean - paired LLM mean), one lambda minimising the variance",
    assumptions=("LLM-only units come from the humans' population",),
    limits=("lambda is treated as known: intervals are short below about 50 humans", "one LLM direction only"),
    sources=("arXiv 2311.01453",),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:
    """Every arm at the lambda that minimises the contrast's variance."""
    return tuned(frame, [tuning(frame, contrast)] * len(frame.sample.arms))
