"""POST /v1/calibrations: paired human and LLM responses in; calibrated estimates and intervals out."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from service.api.render.csv_lines import Lines
from service.api.routes.computation import Computation, Steps

PROMISED = (
    "quantile",
    "linear",
    "logistic",
    "poisson",
    "multinomial",
    "conditional_logit",
    "amce",
    "correlation",
)


def calibrations() -> Computation[Any, Any]:
    """The path's description."""
    return Computation(
        path="/v1/calibrations",
        name="calibrate",
        title="Calibrated estimates from human and LLM responses",
        steps=_steps,
        promised=PROMISED,
        tabular=True,
        lines=Lines("estimates", repeated=("request_digest", "plan_digest", "service_version", "method_version")),
        report="calibrations",
        examples=(("twins", files("service.api").joinpath("example.json").read_bytes()),),
    )


@cache
def _steps() -> Steps[Any, Any]:
    from service.api.wire import calibration
    from service.api.wire.answer import CalibrationAnswer, Validated

    return Steps(
        request=calibration.CalibrationRequest,
        to_core=calibration.to_core,
        run=calibration.finish,
        validated=calibration.validated,
        answer=CalibrationAnswer,
        validation=Validated,
    )
