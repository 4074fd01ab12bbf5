"""Mean: the population mean of the outcome in each arm.

Formula: mu_d = E[y | arm d]; the outcome is its own influence value, so the engine is exact.
Shapes: one estimate per arm. Units: outcome units.
Assumes: the humans of an arm are a random sample of the population. Breaks: see the estimators.
Raises: ``unsupported_combination`` when contrasts are named.
Source: Angelopoulos et al. 2301.09633. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.card import Card
from service.calibration.contrast import Contrast, each_arm
from service.calibration.errors import UnsupportedCombination
from service.calibration.plan import Plan

CARD = Card(
    name="mean",
    title="Population mean",
    formula="mean of the outcome, per arm",
    assumptions=("humans are a random sample of the population the mean is for",),
    limits=("rare binary outcomes: Wald intervals under-cover below about 30 humans per arm",),
    sources=("arXiv 2301.09633",),
)


def contrasts(arms: Sequence[str], plan: Plan) -> tuple[Contrast, ...]:
    """One contrast per arm: the arm itself."""
    if plan.contrasts is not None:
        raise UnsupportedCombination.at(
            "/plan/contrasts",
            "unsupported_combination",
            "estimand mean has one estimate per arm and no contrasts",
            "use estimand mean_difference, or leave out contrasts",
        )
    return each_arm(arms)
