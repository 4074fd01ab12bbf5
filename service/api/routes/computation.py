"""What every POST does: bytes -> strict struct and digest -> job -> answer in the media type asked for.

A path is described by a ``Computation``; the calibration core is reached only through its three functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from service.api.limits import Limits
from service.api.placement import Placement
from service.api.reading.media import Reader, readers
from service.api.reading.query import Query, read_query
from service.api.render.csv_lines import Lines
from service.api.render.media import renderers, validation_renderers
from service.api.tally import Tally
from service.api.wire.doubts import WORK_LIMIT
from service.api.wire.facts import Finished
from service.api.wire.sample import Bounds
from service.calibration.errors import CalibrationError, TooExpensive
from service.web.body import header, read_body
from service.web.compression import count_values, inflate, too_many_values
from service.web.negotiation import acceptable, content_encoding, content_type
from service.web.problems import MAX_ERRORS, from_errors


class HasWork(Protocol):
    """A parsed request that knows its cost."""

    @property
    def work(self) -> float:
        """Estimated work units."""
        ...


REDUCE = "fewer columns, contrasts, estimators, interactions or replicates; or moments"
Wire = TypeVar("Wire")
Job = TypeVar("Job", bound=HasWork)


@dataclass(frozen=True, slots=True)
class Computation(Generic[Wire, Job]):
    """One computing path: the wire struct, its way into the core, and the two ways to answer, both JSON.

    ``tabular``: the request has ``data`` that may come as CSV. ``lines``: what the lines of an answer in CSV are.
    """

    path: str
    name: str
    title: str
    request: type[Wire]
    to_core: Callable[[Wire, str, Bounds], Job]
    run: Callable[[Job], Finished]
    validated: Callable[[Job], bytes]
    answer: type
    validation: type
    examples: tuple[tuple[str, bytes], ...] = ()
    promised: tuple[str, ...] = ()
    tabular: bool = False
    lines: Lines | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are worked on: limits, threads, the bounds for doing it on the event loop, and who counts."""

    limits: Limits
    placement: Placement
    inline_body_bytes: int
    inline_work: float
    tally: Tally


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it came, and what its headers and query say of it."""

    body: bytearray
    media_type: str
    encoding: str
    query: Query


def computation_handler(computation: Computation[Any, Any], desk: Desk) -> HTTPRouteHandler:
    """The POST handler of one path."""
    takes = readers(computation.request, computation.promised, desk.limits.max_values, tabular=computation.tabular)
    parse = _parser(computation, takes, desk.limits)
    gives = renderers(computation.answer, computation.lines)
    gives_validation = validation_renderers(computation.validation, computation.lines)

    @post(computation.path, status_code=200)
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        scope = request.scope
        wanted = acceptable(header(scope, b"accept"), tuple(gives))
        media_type = content_type(header(scope, b"content-type"), tuple(takes))
        query = read_query(scope["query_string"], takes[media_type].parameters)
        encoding = content_encoding(header(scope, b"content-encoding"))
        sent = Sent(await read_body(scope, request.receive, desk.limits.body()), media_type, encoding, query)

        def answer(job: HasWork) -> bytes:
            desk.tally.work(computation.path, job.work)
            if query.validate_only:
                return gives_validation[wanted](computation.validated(job))
            finished = computation.run(job)
            desk.tally.answered(finished.facts)
            return gives[wanted](finished.body)

        if encoding == "identity" and len(sent.body) <= desk.inline_body_bytes:
            job = parse(sent)
            inline = job.work <= desk.inline_work
            content = answer(job) if inline else await desk.placement.run(lambda: answer(job))
        else:
            content = await desk.placement.run(lambda: answer(parse(sent)))
        return Response(content, media_type=wanted)

    return handle


def _parser(
    computation: Computation[Any, Any], takes: Mapping[str, Reader[Any]], limits: Limits
) -> Callable[[Sent], HasWork]:
    """From a body to a job whose work is within the limit."""
    bounds = limits.bounds()

    def parse(sent: Sent) -> HasWork:
        reader, body = takes[sent.media_type], sent.body
        if sent.encoding != "identity":
            body = inflate(body, sent.encoding, limits.inflate(reader.separators))
        elif count_values(body, reader.separators) > limits.max_values:
            raise too_many_values(limits.max_values)
        wire = reader.decode(body, sent.query.parameters)
        try:
            job: HasWork = computation.to_core(wire, digest(body, sent.query), bounds)
        except CalibrationError as refused:
            problem = from_errors(refused.problems)
            problem.errors = [reader.told(error) for error in problem.errors[:MAX_ERRORS]]
            raise problem from refused
        if job.work > WORK_LIMIT:
            text = f"the work is estimated at {job.work:.3g}, the limit is {WORK_LIMIT:.3g}"
            raise TooExpensive.at("", "too_expensive", text, REDUCE)
        return job

    return parse


def digest(body: bytearray, query: Query) -> str:
    """SHA-256 of the body, decompressed; of a CSV request, of its plan and data parameters and the body."""
    whole = hashlib.sha256()
    for name in sorted(query.parameters):
        whole.update(f"{name}={query.parameters[name]}\n".encode())
    whole.update(body)
    return f"sha256:{whole.hexdigest()}"
