"""The design that a study's own data suggest: from what a plan was resolved to, and what things cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.objective import Aim
from service.calibration.designs.study import Wish, design_of_study
from service.calibration.errors import CalibrationError, NotIdentified, UnsupportedCombination, Warned
from service.calibration.estimate import Frame
from service.calibration.moments import FloatArray
from service.calibration.plan import Costs
from service.calibration.resolution import Resolved


def recommended(resolved: Resolved, costs: Costs, *, several: bool) -> tuple[DesignAnswer | None, list[Warned]]:
    """The design beside a calibration; a warning where the data cannot tell, a refusal where the costs are wrong.

    ``several``: there are more outcomes (or categories) than the one that it is made for.
    """
    text = "the design is that of the first outcome (and its first category), not of all of them at once"
    doubts = [Warned("design_first_outcome", text, "/plan/costs")] if several else []
    try:
        return study_design(resolved, costs), doubts
    except NotIdentified as unknown:
        text = f"no design could be computed: {unknown.problems[0].detail}"
        return None, [Warned("design_not_computed", text, "/plan/costs")]
    except CalibrationError as refused:
        raise type(refused)([replace(p, pointer=_in_plan(p.pointer)) for p in refused.problems]) from refused


def _in_plan(pointer: str) -> str:
    return f"/plan{pointer}" if pointer.startswith("/costs") else "/plan/costs"


def study_design(resolved: Resolved, costs: Costs, wish: Wish | None = None) -> DesignAnswer:
    """The optimal design that a resolved plan's data suggest at these prices (see ``designs.study``)."""
    own = Wish(aim=Aim(confidence_level=resolved.plan.confidence_level), seed=resolved.plan.seed)
    found = design_of_study(planned_frame(resolved), planned_contrasts(resolved), costs, wish or own)
    if resolved.sample.plain:
        return found
    text = "the design is for independent, equally likely units: weights, clusters and strata are not planned for"
    return replace(found, warnings=(*found.warnings, Warned("design_ignores_survey_design", text, "/data")))


def planned_frame(resolved: Resolved) -> Frame:
    """The data that a design is made of: without strata; refused where propensities would be part of it."""
    if resolved.sample.response:
        text = "a design is of people who all answer, and this data's response propensities would be part of it"
        hint = "supported: missing drop_unit"
        raise UnsupportedCombination.at("/basis/plan/missing", "unsupported_combination", text, hint)
    return Frame(resolved.sample, resolved.plain.identification) if resolved.sample.strata else resolved.plain


def planned_contrasts(resolved: Resolved) -> FloatArray:
    """The contrasts (C, D) that a design serves."""
    return np.array([c.weights for c in resolved.contrasts])
