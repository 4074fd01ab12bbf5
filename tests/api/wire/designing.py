"""Short ways to ask for a design."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from service.api.wire import design
from service.api.wire.design_request import DesignRequest
from service.calibration.errors import CalibrationError


def job(**request: Any) -> design.Job:
    whole = {"costs": {"human": 4, "llm": 0.05}, "objective": {"kind": "budget", "budget": 400}} | request
    return design.to_core(msgspec.json.decode(json.dumps(whole), type=DesignRequest))


def answered(**request: Any) -> Any:
    return json.loads(design.run(job(**request)))


def refused(**request: Any) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as problem:
        design.run(job(**request))
    return [(p.pointer, p.code) for p in problem.value.problems]


def assumed(rho: float, sd: float = 1.0, **rest: Any) -> dict[str, Any]:
    return {"kind": "assumed", "ppi_correlation": rho, "outcome_sd": sd} | rest
