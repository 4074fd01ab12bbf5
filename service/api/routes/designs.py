"""POST /v1/designs: what is known or assumed and what things cost in; the optimal sampling design out."""

from __future__ import annotations

from functools import cache
from typing import Any

from service.api.render.csv_lines import Lines
from service.api.routes.calibrations import PROMISED
from service.api.routes.computation import Computation, Steps

EXAMPLE = b"""{"basis": {"kind": "assumed", "ppi_correlation": {"gpt": 0.6, "small": 0.3}, "model_correlation": 0.4},
 "costs": {"human": 5.0, "llm": {"gpt": 0.2, "small": 0.005}}, "objective": {"kind": "budget", "budget": 1000},
 "constraints": {"min_human_per_arm": 20}, "effect": 0.2, "power": 0.8, "confidence_level": 0.95}
"""


def designs() -> Computation[Any, Any]:
    """The path's description."""
    return Computation(
        path="/v1/designs",
        name="design",
        title="The optimal sampling design for a budget or a target",
        steps=_steps,
        promised=PROMISED,
        lines=Lines("frontier", instead="design"),
        report="designs",
        scope="design",
        examples=(("two-models", EXAMPLE),),
    )


@cache
def _steps() -> Steps[Any, Any]:
    from service.api.wire import design
    from service.api.wire.design_answer import DesignReply, ValidatedDesign
    from service.api.wire.design_request import DesignRequest

    return Steps(
        request=DesignRequest,
        to_core=design.to_core,
        run=design.finish,
        validated=design.validated,
        answer=DesignReply,
        validation=ValidatedDesign,
    )
