"""What every POST does: bytes -> strict struct and digest -> job -> encoded answer, placed by predicted cost.

A path is described by a ``Computation``; the calibration core is reached only through its three functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from service.api.limits import Limits
from service.api.placement import Placement
from service.api.wire.doubts import WORK_LIMIT
from service.api.wire.sample import Bounds
from service.calibration.errors import TooExpensive
from service.web.body import header, read_body
from service.web.compression import inflate, too_many_values
from service.web.negotiation import acceptable, check_content_type, content_encoding
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder

JSON = "application/json"


class HasWork(Protocol):
    """A parsed request that knows its cost."""

    @property
    def work(self) -> float:
        """Estimated work units."""
        ...


Wire = TypeVar("Wire")
Job = TypeVar("Job", bound=HasWork)


@dataclass(frozen=True, slots=True)
class Computation(Generic[Wire, Job]):
    """One computing path: the wire struct, its way into the core, and the two ways to answer."""

    path: str
    name: str
    title: str
    request: type[Wire]
    to_core: Callable[[Wire, str, Bounds], Job]
    run: Callable[[Job], bytes]
    validated: Callable[[Job], bytes]
    answer: type
    validation: type
    examples: tuple[tuple[str, bytes], ...] = ()
    promised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are worked on: limits, threads, and the bounds for doing it on the event loop."""

    limits: Limits
    placement: Placement
    inline_body_bytes: int
    inline_work: float


def computation_handler(computation: Computation[Any, Any], desk: Desk) -> HTTPRouteHandler:
    """The POST handler of one path."""
    decoder = StrictDecoder(computation.request, computation.promised)
    bounds = desk.limits.bounds()

    def parse(body: bytearray, encoding: str) -> HasWork:
        if encoding == "gzip":
            body = inflate(body, desk.limits.inflate())
        elif body.count(b",") > desk.limits.max_values:
            raise too_many_values(desk.limits.max_values)
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        job: HasWork = computation.to_core(decoder.decode(body), digest, bounds)
        if job.work > WORK_LIMIT:
            text = f"the work is estimated at {job.work:.3g}, the limit is {WORK_LIMIT:.3g}"
            raise TooExpensive.at("", "too_expensive", text, "fewer columns, contrasts or estimators, or moments")
        return job

    @post(computation.path, status_code=200)
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        scope = request.scope
        acceptable(header(scope, b"accept"), (JSON,))
        answer = computation.validated if _validate_only(scope["query_string"]) else computation.run
        check_content_type(header(scope, b"content-type"), (JSON,))
        encoding = content_encoding(header(scope, b"content-encoding"))
        body = await read_body(scope, request.receive, desk.limits.body())
        if encoding == "identity" and len(body) <= desk.inline_body_bytes:
            job = parse(body, encoding)
            inline = job.work <= desk.inline_work
            content = answer(job) if inline else await desk.placement.run(lambda: answer(job))
        else:
            content = await desk.placement.run(lambda: answer(parse(body, encoding)))
        return Response(content, media_type=JSON)

    return handle


def _validate_only(query: bytes) -> bool:
    """The only query parameter; true and false in any case (R writes TRUE), 422 for anything else."""
    words = {"true": True, "false": False}
    chosen = False
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name != "validate_only" or value.lower() not in words:
            raise ProblemError("unknown_parameter", "The only query parameter is validate_only=true or false.")
        chosen = words[value.lower()]
    return chosen
