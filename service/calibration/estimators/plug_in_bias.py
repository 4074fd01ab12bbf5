"""Plug-in with estimated bias: the LLM-only estimate, minus its bias as estimated on the humans with LLM answers.

Formula: theta = theta_LLM - bias, theta_LLM = sum_d t_d fbar_d over the pool's LLM-only units (all its humans where
there are none, the whole frame under known sampling probabilities) and bias = sum_d t_d (fbar_d - ybar_d) over humans.
For means and contrasts this is slope 1 on the LLM's own prediction: estimate and variance are those of ``ppi``. Did the
humans count in theta_LLM too, the LLM-only mean would have the weight N/(n + N): another estimator, not this one.
Shapes: slope (D, p), the arm's own prediction columns. Units: outcome units.
Assumes: as ``ppi``: the humans are a random sample of the population that the LLM-only units stand for.
Breaks: as ``ppi``: an LLM on another scale than the outcome makes the variance exceed the human-only one.
Raises: ``no_prediction_for_arm``, ``too_few_llm_only``.
Source: Ludwig, Mullainathan & Rambachan, NBER working paper 33344 (arXiv 2412.07031).
Differs: divisor n - 1 and t quantile; there is no published small-sample form, so ``compat`` changes nothing.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray
from service.calibration.tuning import tuned

CARD = Card(
    name="plug_in_bias",
    title="LLM-only estimate minus its bias estimated on humans",
    formula="mean of the LLM-only predictions, minus the mean of (LLM - human) over paired units, arm by arm; for "
    "means the same numbers as ppi",
    assumptions=(
        "humans are a random sample of the LLM-only units' population",
        "predictions are on the outcome's scale",
    ),
    limits=("can be much worse than human-only: it trusts the scale of the LLM", "needs 2 LLM-only units per pool"),
    sources=("NBER working paper 33344", "arXiv 2412.07031"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Every arm's LLM-only mean less the mean error of the LLM on its humans: slope 1."""
    return tuned(frame, [1.0] * len(frame.sample.arms))
