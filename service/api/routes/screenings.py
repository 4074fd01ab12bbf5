"""POST /v1/screenings: many hypotheses with LLM effects and some human results in; rejections and what to run next."""

from __future__ import annotations

from functools import cache
from typing import Any

from service.api.render.csv_lines import Lines
from service.api.routes.calibrations import PROMISED
from service.api.routes.computation import Computation, Steps

EXAMPLE = b"""{"hypotheses": [
  {"name": "h1", "llm": {"estimate": 0.5, "standard_error": 0.02}, "human": {"p_value": 0.004}},
  {"name": "h2", "llm": {"estimate": 0.3, "standard_error": 0.02}, "human": {"estimate": 0.2, "standard_error": 0.14}},
  {"name": "h3", "llm": {"estimate": -0.4, "standard_error": 0.02}, "human": null},
  {"name": "h4", "llm": {"estimate": 0.05, "standard_error": 0.02}, "human": null}],
 "multiplicity": "benjamini_hochberg", "error_rate": 0.05, "calibration": {"slope": 0.4, "residual_sd": 0.15},
 "next": {"budget": 1500, "human_cost": 5.0, "outcome_sd": 1.0, "n_human_per_hypothesis": 200}}
"""


def screenings() -> Computation[Any, Any]:
    """The path's description."""
    return Computation(
        path="/v1/screenings",
        name="screen",
        title="Many hypotheses under one error rate, weighted by LLM evidence; what to take to humans next",
        steps=_steps,
        promised=PROMISED,
        lines=Lines("hypotheses"),
        report="screenings",
        scope="calibrate",
        examples=(("four-hypotheses", EXAMPLE),),
    )


@cache
def _steps() -> Steps[Any, Any]:
    from service.api.wire import screening
    from service.api.wire.screening_answer import ScreeningAnswer, ValidatedScreening

    return Steps(
        request=screening.ScreeningRequest,
        to_core=screening.to_core,
        run=screening.finish,
        validated=screening.validated,
        answer=ScreeningAnswer,
        validation=ValidatedScreening,
    )
