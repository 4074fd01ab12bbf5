"""How a body is worked on that is not small: parsed where its size says, computed in a thread, within a place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from litestar.types import Receive

from service.api.limits import Limits
from service.api.parsing.parser import Body, Parser
from service.api.parsing.predicted import PER_VALUE, parse_seconds
from service.api.placement import Place, Placement
from service.api.reading.arrow_scan import objects_in
from service.api.reading.media import ARROW, Reader
from service.api.reading.whole import decoded
from service.api.tally import Tally
from service.calibration.errors import CalibrationError
from service.web.body import Held
from service.web.compression import inflate
from service.web.problems import ProblemError

_SMALL_BYTES = 1 << 18
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


class HasWork(Protocol):
    """A parsed request that knows its cost."""

    @property
    def work(self) -> float:
        """Estimated work units."""
        ...


async def worked_here(
    desk: Desk, read: Callable[[], HasWork], answer: Callable[[HasWork], bytes], receive: Receive
) -> bytes:
    """The encoded answer to a small body, which is read on the event loop and computed there if that is quick."""

    def quickly() -> bytes | HasWork:
        job = read()
        return answer(job) if job.work <= desk.inline_work else job

    found = await desk.placement.here(quickly)
    if isinstance(found, bytes):
        return found
    job = found
    return await desk.placement.run(lambda place: place.compute(lambda: answer(job)), receive)


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
    body = await _opened(reader, body, desk.limits)
    if desk.parser.running and not _quick(desk, reader, body):
        found = await desk.parser.parse(body)
        return await place.compute(lambda: answer(found))
    return await place.compute(
        lambda: answer(decoded(reader, body.content, body.encoding, body.parameters, desk.limits))
    )


async def _opened(reader: Reader[Any], body: Body, limits: Limits) -> Body:
    """A compressed body that turns out small, as if it had been sent as it is; any other as it was."""
    if body.encoding == "identity":
        return body
    peek = replace(limits.inflate(reader.separators), max_bytes=min(_SMALL_BYTES, limits.max_inflated_bytes))
    try:
        content = await asyncio.to_thread(inflate, body.content, body.encoding, peek)
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
