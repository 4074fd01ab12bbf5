"""A computing path that stands in for the real ones: it can be slow, costly, refuse and fail on demand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import msgspec

from service.api.app import Parts, Service, create_service
from service.api.limits import Limits
from service.api.routes.computation import Computation, Steps
from service.api.settings import Settings
from service.api.wire.facts import Finished
from service.calibration.errors import CalibrationError, Problem, TooExpensive


class Sums(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers to add up."""

    numbers: list[float | None]
    seconds: float = 0.0
    work: float = 1.0
    trouble: Literal["none", "one", "two", "expensive", "crash"] = "none"


class Total(msgspec.Struct):
    """Their sum."""

    total: float
    thread: str


@dataclass(frozen=True)
class Job:
    asked: Sums
    work: float
    digest: str


class Valid(msgspec.Struct):
    """What would be done."""

    valid: bool
    digest: str


def to_core(asked: Sums, digest: str, _bounds: object) -> Job:
    if asked.trouble == "one":
        raise CalibrationError.at("/numbers", "zero_variance", "The numbers do not vary.", "Send others.")
    if asked.trouble == "two":
        raise CalibrationError([Problem("/numbers", "zero_variance", "a", "b"), Problem("", "few_humans", "c", "d")])
    if asked.trouble == "expensive":
        raise TooExpensive.at("/plan/replicates", "too_expensive", "2e9 of at most 1e9 work units.", "Ask for less.")
    return Job(asked, asked.work, digest)


def run(job: Job) -> Finished:
    import threading

    if job.asked.trouble == "crash":
        raise ZeroDivisionError(f"with a value in it: {job.asked.numbers}")
    if job.asked.seconds:
        time.sleep(job.asked.seconds)
    total = sum(n for n in job.asked.numbers if n is not None)
    return Finished(msgspec.json.encode(Total(total, threading.current_thread().name)))


def validated(job: Job) -> bytes:
    run(job)
    return msgspec.json.encode(Valid(valid=True, digest=job.digest))


EXAMPLES = (("two", b'{"numbers":[1,2]}'),)
STEPS = Steps(Sums, to_core, run, validated, Total, Valid)
SUMS = Computation("/v1/sums", "sum", "Add up", lambda: STEPS, EXAMPLES)


def service(limits: Limits | None = None, log=None, **settings) -> Service:
    parts = Parts(computations=(SUMS,), cards={"estimands": tuple}, write_log=log)
    return create_service(Settings(limits or Limits(), **settings), parts)
