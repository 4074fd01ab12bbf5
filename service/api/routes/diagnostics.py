"""POST /v1/diagnostics: human and LLM responses in; whether they may be relied on, and why, out."""

from __future__ import annotations

from functools import cache
from typing import Any

from service.api.render.csv_lines import Lines
from service.api.routes.calibrations import PROMISED
from service.api.routes.computation import Computation, Steps

EXAMPLE = b"""{"data": {"layout": "arrays", "arms": [{"name": "all", "human": [3, 4, 2, 5], "llm_only": [3, 3, 4]}]},
 "checks": ["exchangeability", "fidelity_individual"],
 "settings": {"fieldwork_start": "2026-03-01", "model_cutoffs": {"llm": "2025-06-01"}, "min_cell": 10, "seed": 0}}
"""


def diagnostics() -> Computation[Any, Any]:
    """The path's description."""
    return Computation(
        path="/v1/diagnostics",
        name="diagnose",
        title="Whether these LLM responses may be relied on",
        steps=_steps,
        promised=PROMISED,
        lines=Lines("checks", repeated=("summary", "reason")),
        report="diagnostics",
        scope="diagnose",
        examples=(("unpaired", EXAMPLE),),
    )


@cache
def _steps() -> Steps[Any, Any]:
    from service.api.wire import diagnostics as wire
    from service.api.wire.diagnostics_answer import DiagnosticsReply, ValidatedDiagnostics

    return Steps(
        request=wire.DiagnosticsRequest,
        to_core=wire.to_core,
        run=wire.finish,
        validated=wire.validated,
        answer=DiagnosticsReply,
        validation=ValidatedDiagnostics,
    )
