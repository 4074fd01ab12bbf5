"""Records as they come: NDJSON, or server-sent events whose id is the position; closed with the connection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import msgspec
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Receive, Scope, Send

from service.gateway.wire.records import Record

NDJSON, SSE = "application/x-ndjson", "text/event-stream"
_ENCODER = msgspec.json.Encoder()


class RecordsResponse(ASGIStreamingResponse):
    """A stream that is closed when the client is gone, so that nothing goes on asking for it.

    ``ended`` is called once the response is over, also where its stream never began.
    """

    __slots__ = ("_chunks", "_ended")

    def __init__(self, chunks: AsyncGenerator[bytes, None], media_type: str, ended: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(iterator=chunks, media_type=media_type, headers=headers, status_code=200)
        self._chunks, self._ended = chunks, ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send every chunk; close the generator whatever happens."""
        async with aclosing(self._chunks):
            await super().send_body(send, receive)


def streamed(
    records: AsyncIterator[Record], media_type: str, *, ended: Callable[[], None] = lambda: None
) -> ASGIResponse:
    """The response that carries these records; ``ended`` hears when it is over, however it ends."""
    return RecordsResponse(_chunks(records, _line if media_type == NDJSON else _event), media_type, ended)


async def _chunks(
    records: AsyncIterator[Record], encoded: Callable[[int, Record], bytes]
) -> AsyncGenerator[bytes, None]:
    position = 0
    try:
        async for record in records:
            yield encoded(position, record)
            position += 1
    finally:
        if isinstance(records, AsyncGenerator):
            await records.aclose()


def _line(_position: int, record: Record) -> bytes:
    return _ENCODER.encode(record) + b"\n"


def _event(position: int, record: Record) -> bytes:
    """The event has the record's type."""
    kind = type(record).__struct_config__.tag
    return b"event: %s\nid: %d\ndata: %s\n\n" % (str(kind).encode(), position, _ENCODER.encode(record))
