"""The one covariate that a statistic is taken with.

Shapes: terms (1 + k + D - 1, n) of the humans, the constant first, arms last.
Raises: ``with_required``, ``covariate_of_levels``, ``constant_term``.
"""

from __future__ import annotations

import numpy as np

from service.calibration.errors import InvalidPlan, Warned
from service.calibration.influence import Design
from service.calibration.model_rows import Rows
from service.calibration.plug_in.populations import members
from service.calibration.sample import Sample

PLACE = "/plan/estimand/with"


def one_covariate(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design as it is; refuses none, several terms, and a covariate that does not vary in an arm."""
    if not sample.terms:
        text, hint = "this statistic is of the outcome and a covariate", "name the covariate in with"
        raise InvalidPlan.at(PLACE, "with_required", text, hint)
    if len(sample.terms) > 1:
        text = f"the covariate has {len(sample.terms) + 1} levels, and this statistic needs numbers"
        raise InvalidPlan.at(PLACE, "covariate_of_levels", text, "send it as numbers, or join its levels to two")
    values = human.design.x[1]
    if any(np.ptp(values[at]) == 0.0 for at in members(human.design, values.shape[0])):
        text, hint = "the covariate does not vary among the humans of an arm", "choose another, or join arms"
        raise InvalidPlan.at(PLACE, "constant_term", text, hint)
    return human.design, ()
