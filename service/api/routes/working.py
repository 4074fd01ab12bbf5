"""How a body is worked on that is not small: parsed where its size says, computed in a thread, within a place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from litestar.types import Receive

from service.api.limits import Limits
from service.api.parsing.parser import Body, Parser
from service.api.parsing.predicted import PER_VALUE, only_numbers, parse_seconds
from service.api.parsing.shipping import columns
from service.api.placement import Place, Placement
from service.api.reading.arrow_scan import objects_in
from service.api.reading.media import ARROW, Reader
from service.api.reading.whole import decoded
from service.api.routes.computation import HasWork
from service.api.tally import Tally
from service.calibration.errors import CalibrationError
from service.web.body import Held
from service.web.compression import inflate
from service.web.problems import ProblemError

MOST_COLUMNS = 32  # of a request that is worked on on the event loop: each costs up to 80 us on its way into the core
_SMALL_BYTES = 1 << 18
_NUMBERS = 4  # times as long as other small bodies may be those of numbers alone, which take as long to decode
Decoded = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are worked on: limits, threads, the parsing process, who counts, and the bounds that say where."""

    limits: Limits
    placement: Placement
    parser: Parser
    held: Held
    tally: Tally
    inline_body_bytes: int
    inline_work: float
    thread_parse_seconds: float


def small(desk: Desk, reader: Reader[Any], body: Body) -> bool:
    """Whether a body is decoded on the event loop: in a thread it would hold the interpreter for as long, and wait."""
    size = len(body.content)
    if body.encoding != "identity" or size > _NUMBERS * desk.inline_body_bytes or not reader.at_hand():
        return False
    return size <= desk.inline_body_bytes or only_numbers(body.content, reader.separators)


async def worked_here(
    desk: Desk,
    read: Callable[[], Decoded],
    job_of: Callable[[Decoded], HasWork],
    answer: Callable[[HasWork], bytes],
    receive: Receive,
    *,
    slow: bool = False,
) -> bytes:
    """The encoded answer to a small body, decoded on the event loop and, unless it is ``slow``, worked on there."""
    clock = asyncio.get_running_loop().time
    began = clock()

    def quickly() -> bytes | Callable[[], bytes]:
        found = read()
        if slow or columns(found[0]) > MOST_COLUMNS:
            return lambda: answer(job_of(found))
        job = job_of(found)
        return answer(job) if job.work <= desk.inline_work else lambda: answer(job)

    told = await desk.placement.here(quickly)
    if isinstance(told, bytes):
        return told
    rest = told
    return await desk.placement.run(lambda place: place.compute(rest), receive, clock() - began)


async def worked(
    desk: Desk, place: Place, reader: Reader[Any], body: Body, answer: Callable[[Decoded], bytes]
) -> bytes:
    """The encoded answer to a body. A refusal lets go of what was decoded, which its frames would keep for long."""
    try:
        return await _worked(desk, place, reader, body, answer)
    except (ProblemError, CalibrationError) as refusal:
        refusal.__cause__ = refusal.__context__ = None
        raise refusal.with_traceback(None) from None


async def _worked(
    desk: Desk, place: Place, reader: Reader[Any], body: Body, answer: Callable[[Decoded], bytes]
) -> bytes:
    body = await _opened(place, reader, body, desk.limits)
    if desk.parser.running and not _quick(desk, reader, body):
        read = await desk.parser.parse(body)
        return await place.compute(lambda: answer(read()))
    return await place.compute(
        lambda: answer(decoded(reader, body.content, body.encoding, body.parameters, desk.limits))
    )


async def _opened(place: Place, reader: Reader[Any], body: Body, limits: Limits) -> Body:
    """A compressed body that turns out small, as if it had been sent as it is; any other as it was."""
    if body.encoding == "identity":
        return body
    peek = replace(limits.inflate(reader.separators), max_bytes=min(_SMALL_BYTES, limits.max_inflated_bytes))
    try:
        content = await place.compute(lambda: inflate(body.content, body.encoding, peek))
    except ProblemError as problem:
        if problem.code == "body_too_large":
            return body
        raise
    return replace(body, content=content, encoding="identity")


def _quick(desk: Desk, reader: Reader[Any], body: Body) -> bool:
    """Whether a thread may parse it, who then keeps the interpreter from the event loop; numbers of Arrow do not."""
    if body.encoding != "identity":
        return False
    arrow = body.media_type == ARROW
    seconds = PER_VALUE * objects_in(body.content) if arrow else parse_seconds(body.content, reader.separators)
    return seconds <= desk.thread_parse_seconds
