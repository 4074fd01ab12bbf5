"""Proportions: the share of each category of a categorical outcome, and differences of shares between arms.

Formula: pi_dk = E[1{y = k} | arm d]; every category is regressed on the same predictions, the probabilities of all
categories but the first, so that the shares of an arm sum to 1 (``auto`` decides once per arm for all categories).
Shapes: one estimate per contrast (or arm) and category. Units: shares, 0 to 1.
Assumes: as the mean of each indicator. Breaks: categories that few humans chose (interval ``score`` or ``betting``);
``power_tuned`` and ``arm_tuned`` tune every category by itself, so that their shares need not sum to 1.
Raises: what ``contrast`` raises for named contrasts.
Source: Lin (2013) for each indicator; Agresti (2013), Categorical Data Analysis, chapter 1.
Differs: contrasts only where the plan names a control or contrasts; else the shares of every arm.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.card import Card
from service.calibration.contrast import Contrast, differences, each_arm
from service.calibration.plan import Plan

CARD = Card(
    name="proportions",
    title="Category shares",
    formula="share of humans in each category, per arm (they sum to 1); with a control or contrasts, differences of "
    "shares; every category is regressed on the same predictions",
    assumptions=("answers are one of the categories", "humans are a random sample of the population"),
    limits=(
        "categories that few humans chose: use interval score or betting",
        "power_tuned and arm_tuned tune every category by itself: their shares need not sum to 1",
    ),
    sources=("Lin (2013), AOAS 7:295-318", "Agresti (2013), Categorical Data Analysis"),
)


def contrasts(arms: Sequence[str], plan: Plan) -> tuple[Contrast, ...]:
    """Differences of shares where the plan names a control or contrasts, else every arm itself."""
    compared = plan.contrasts is not None or (plan.control is not None and len(arms) > 1)
    return differences(arms, plan.contrasts) if compared else each_arm(arms)
