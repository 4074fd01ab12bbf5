"""Mean difference: contrasts of arm means, by default every arm against the control.

Formula: tau = sum_d t_d mu_d with sum_d t_d = 0; t = (1, -1) for a treatment against control.
Shapes: one estimate per contrast. Units: outcome units.
Assumes: arms randomly assigned. Breaks: see the estimators.
Raises: ``too_few_arms``, ``unknown_arm``, ``empty_contrast``, ``duplicate_contrast``, ``contrast_sum``,
``unsupported_combination`` (control and contrasts together).
Source: Lin (2013), Annals of Applied Statistics 7:295-318. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.card import Card
from service.calibration.contrast import Contrast, differences
from service.calibration.errors import InvalidPlan
from service.calibration.plan import Plan

CARD = Card(
    name="mean_difference",
    title="Difference of arm means (average treatment effect)",
    formula="named contrasts of arm means; by default each arm minus the control",
    assumptions=("arms are randomly assigned",),
    limits=("contrast weights must sum to 0",),
    sources=("Lin (2013), AOAS 7:295-318",),
)


def contrasts(arms: Sequence[str], plan: Plan) -> tuple[Contrast, ...]:
    """The plan's contrasts, or each arm minus the first (the control)."""
    if len(arms) < 2:
        raise InvalidPlan.at(
            "/plan/estimand",
            "too_few_arms",
            "a mean difference needs two arms and the data has one",
            "use estimand mean, or send a second arm",
        )
    return differences(arms, plan.contrasts)
