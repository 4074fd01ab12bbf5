"""A request document answered in process, the way the service answers it over HTTP: the same reader, job and bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.api.commands.requests.document import Document
from service.api.commands.usage import RefusedError
from service.api.limits import Limits
from service.api.reading.media import readers
from service.api.reading.whole import decoded
from service.api.render.media import JSON
from service.api.routes.computation import REDUCE, Computation
from service.api.wire.doubts import PER_SECOND, WORK_LIMIT
from service.calibration.errors import CalibrationError, TooExpensive
from service.web.problems import ProblemError, from_errors

HERE = "--no-work-limit begins it all the same"


def answered(
    computation: Computation[Any, Any], document: Document, *, unlimited: bool, tell: Callable[[float], object]
) -> bytes:
    """The JSON answer; ``RefusedError`` with every problem. ``tell`` is told how many seconds it will take, about."""
    limits, steps = Limits(), computation.steps()
    reader = readers(steps.request, computation.promised, limits.max_values, tabular=computation.tabular)[JSON]
    try:
        wire, digest = decoded(reader, bytearray(document.body), "identity", {}, limits)
        job = steps.to_core(wire, digest, limits.bounds())
        if job.work > WORK_LIMIT and not unlimited:
            raise _too_expensive(job.work / PER_SECOND)
        tell(job.work / PER_SECOND)
        return steps.run(job).body
    except ProblemError as problem:
        raise RefusedError(problem, document) from problem
    except CalibrationError as refused:
        raise RefusedError(from_errors(refused.problems), document) from refused


def _too_expensive(seconds: float) -> CalibrationError:
    text = f"the work is estimated at {seconds:.0f} s, the service allows {WORK_LIMIT / PER_SECOND:.0f} s"
    return TooExpensive.at("", "too_expensive", text, f"{REDUCE}; {HERE}")
