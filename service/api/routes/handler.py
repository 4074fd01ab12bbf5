"""What every POST does: bytes -> strict struct and digest -> job -> answer in the media type asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive

from service.api.parsing.parser import Body
from service.api.placement import Place
from service.api.reading.media import Reader, readers
from service.api.reading.query import read_query
from service.api.reading.whole import decoded
from service.api.render.media import Form, chosen, forms, validation_forms
from service.api.routes.computation import REDUCE, Computation, HasWork, Steps
from service.api.routes.working import Decoded, Desk, small, worked, worked_here
from service.api.wire.doubts import WORK_LIMIT
from service.api.wire.sample import Bounds
from service.calibration.errors import CalibrationError, TooExpensive
from service.web.access.account import account_of
from service.web.access.guard import needs
from service.web.body import declared_bytes, header, listed_header, read_body
from service.web.negotiation import content_encoding, content_type
from service.web.posting import posting
from service.web.problems import MAX_ERRORS, from_errors


@dataclass(frozen=True, slots=True)
class _Open:
    """A path's steps, with what reads its requests and writes its answers by media type."""

    steps: Steps[Any, Any]
    takes: Mapping[str, Reader[Any]]
    gives: Mapping[str, Form]
    gives_validation: Mapping[str, Form]


def _opened(computation: Computation[Any, Any], max_values: int) -> _Open:
    steps, lines, report = computation.steps(), computation.lines, computation.report
    return _Open(
        steps,
        readers(steps.request, computation.promised, max_values, tabular=computation.tabular),
        forms(steps.answer, lines, report),
        validation_forms(steps.validation, lines, report),
    )


def computation_handler(computation: Computation[Any, Any], desk: Desk) -> ASGIRouteHandler:
    """The POST handler of one path; the first request opens it."""
    limits, bounds = desk.limits, desk.limits.bounds()
    opened = cache(partial(_opened, computation, limits.max_values))

    async def handle(scope: HTTPScope, receive: Receive) -> tuple[bytes, str]:
        path = opened()
        gives = path.gives
        wanted = chosen(listed_header(scope, b"accept"), gives)
        media_type = content_type(header(scope, b"content-type"), tuple(path.takes))
        reader = path.takes[media_type]
        query = read_query(scope["query_string"], reader.parameters)
        encoding = content_encoding(header(scope, b"content-encoding"))
        job_of = partial(_job, path.steps, reader, bounds)

        def answer(job: HasWork) -> bytes:
            work = job.work + gives[wanted].work
            account_of(scope).charge(work)
            desk.tally.work(computation.path, work)
            if query.validate_only:
                return path.gives_validation[wanted].render(path.steps.validated(job))
            finished = path.steps.run(job)
            desk.tally.answered(finished.facts)
            return gives[wanted].render(finished.body)

        with desk.held.holding() as holding:
            if declared_bytes(scope) > desk.inline_body_bytes:
                desk.placement.refuse_when_full()
            content = await read_body(scope, receive, limits.body(), holding)
            body = Body(content, path.steps.request, computation.path, media_type, encoding, query.parameters)
            if small(desk, reader, body):
                read = partial(decoded, reader, content, encoding, query.parameters, limits)
                slow = gives[wanted].work > 0
                return await worked_here(desk, read, job_of, answer, receive, slow=slow), wanted

            async def work(place: Place) -> bytes:
                with holding.kept():
                    return await worked(desk, place, reader, body, lambda found: answer(job_of(found)))

            return await desk.placement.run(work, receive), wanted

    return posting(computation.path, handle, needs(computation.scope))


def _job(steps: Steps[Any, Any], reader: Reader[Any], bounds: Bounds, found: Decoded) -> HasWork:
    """The job of a decoded request whose work is within the limit."""
    wire, digest = found
    try:
        job: HasWork = steps.to_core(wire, digest, bounds)
    except CalibrationError as refused:
        problem = from_errors(refused.problems)
        problem.errors = [reader.told(error) for error in problem.errors[:MAX_ERRORS]]
        raise problem from refused
    if job.work > WORK_LIMIT:
        text = f"the work is estimated at {job.work:.3g}, the limit is {WORK_LIMIT:.3g}"
        raise TooExpensive.at("", "too_expensive", text, REDUCE)
    return job
