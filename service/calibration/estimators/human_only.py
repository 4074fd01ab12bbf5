"""Human-only: the classical estimate, Welch's for a difference of two arms.

Formula: mu_d = ybar_d, v_d = s_d^2 / n_d, df_d = n_d - 1; contrasts by Welch-Satterthwaite.
Shapes: D arms, n_d humans each. Units: outcome units.
Assumes: humans are a random sample, arms randomly assigned. Breaks: tiny or very skewed arms (interval too short).
Raises: nothing.
Source: Welch (1947), Biometrika 34, 28-35. Differs: in nothing.
"""

from __future__ import annotations

from service.calibration import estimate
from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.moments import FloatArray

CARD = Card(
    name="human_only",
    title="Human-only estimate (Welch)",
    formula="mean of the humans of each arm; variance s^2/n; Welch-Satterthwaite degrees of freedom",
    assumptions=("humans are a random sample of the population", "arms are randomly assigned"),
    limits=("uses no LLM answer, so it gains nothing from them",),
    sources=("Welch (1947), Biometrika 34:28-35",),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - the registry's signature
    """The human-only estimate of every arm."""
    return estimate.human_only(frame)
