"""Answers of every path, and answers with what nobody expects in them."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from service.api.limits import Limits
from service.api.parts import calibration_parts
from service.api.reading.media import readers

BY_PATH = {computation.path: computation for computation in calibration_parts().computations}
SCRIPT = "<script>alert('x')</script>"
AWKWARD = (
    SCRIPT,
    "x" * 1000,
    "$\\frac{1}{0}$ {{7*7}} {% raw %} ]]> --> &amp; \"'",
    "\u4fe1\u983c\u306e\u52b9\u679c",
    "\u0639\u0631\u0628\u0649 \u202eevil\u202c",
    "a\x00b\x07\nc\td\ufffe",
    "\U0001f600",
)
QUESTIONS = {
    "kind": "questions",
    "questions": [
        {"name": name, "basis": {"kind": "assumed", "ppi_correlation": rho}}
        for name, rho in (("trust", 0.6), ("vote", 0.1))
    ],
}
ERRORS = {"kind": "predicted_errors", "predicted_error": [0.1 * k for k in range(1, 61)], "outcome_sd": 4}


@cache
def _body(path: str, request: str, validate: bool) -> bytes:
    computation = BY_PATH[path]
    steps = computation.steps()
    wire = readers(steps.request, computation.promised, 10**6, tabular=computation.tabular)["application/json"]
    job = steps.to_core(wire.decode(request.encode(), {}), "sha256:" + "1" * 64, Limits().bounds())
    return steps.validated(job) if validate else steps.run(job).body


def body(path: str, request: object = None, *, validate: bool = False) -> bytes:
    """The JSON answer to a request, or to the path's own example."""
    sent = BY_PATH[path].examples[0][1].decode() if request is None else json.dumps(request)
    return _body(path, sent, validate)


def answer(path: str, request: object = None, *, validate: bool = False) -> dict[str, Any]:
    """The same, decoded; its own copy."""
    return json.loads(body(path, request, validate=validate))


def design(basis: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The answer to a design with this basis."""
    priced = {"basis": basis, "costs": {"human": 5, "llm": 0.2}, "objective": {"kind": "budget", "budget": 1000}}
    return answer("/v1/designs", priced | more)


def calibration(*numbers: tuple[str, float, float | None, float | None], **more: Any) -> dict[str, Any]:
    """A calibration with estimates of these names, estimates and ends of intervals."""
    whole = answer("/v1/calibrations")
    first = whole["estimates"][0]
    whole["estimates"] = []
    for name, estimate, lower, upper in numbers:
        one = copy.deepcopy(first) | {"name": name, "estimate": estimate}
        for result in (one, one["human_only"]):
            result["estimate"] = estimate
            result["interval"] |= {"lower": lower, "upper": upper}
        whole["estimates"].append(one)
    return whole | more
