"""HTTP/1.1 of uvicorn with what it lacks: connections, headers and readers bounded, problems for junk, all of it told.

What is told of a connection that is ended here is one word; never a byte of what came over it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.web import problems
from service.web.problems import ProblemError, web_catalogue

MAX_HEADER_BYTES = 1 << 16
HEADER_SECONDS = 10.0
STALLED_SECONDS = 120.0
MAX_CONNECTIONS = 1000
_PER_HEADER = 32  # what a field costs beyond its letters, as HTTP/2 counts


class BoundedProtocol(HttpToolsProtocol):
    """Refuses endless headers (431) and drops connections whose headers do not arrive in time.

    A reader that takes nothing for ``stalled_seconds`` while more waits is gone: what is under way for it is told so.
    Beyond ``MAX_CONNECTIONS`` the one that has been idle longest is closed, or the new one when none is idle.
    """

    stalled_seconds = STALLED_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own signature, passed through
        super().__init__(*args, **kwargs)
        self._header_bytes = 0
        self._in_headers = False
        self._header_timer: asyncio.TimerHandle | None = None
        self._stalled_timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client that connects must also ask."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._arm()
        if len(self.connections) > MAX_CONNECTIONS:
            idle = [c for c in self.connections if isinstance(c, BoundedProtocol) and c is not self and c.is_idle()]
            min(idle, key=lambda c: c._idle_since, default=self)._end("too_many_connections")  # noqa: SLF001 - of its kind

    def is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self.cycle is None or self.cycle.response_complete

    def on_response_complete(self) -> None:
        """An answer is complete: idle from now on."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._disarm()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to unfinished headers."""
        super().data_received(data)
        if self._in_headers:
            self._header_bytes += len(data)
            self._check_headers()

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0
        if self._header_timer is None:
            self._arm()

    def on_headers_complete(self) -> None:
        """The request's headers are all here."""
        self._in_headers = False
        self._disarm()
        self._header_bytes = len(self.url) + sum(_PER_HEADER + len(k) + len(v) for k, v in self.headers)
        if self._check_headers():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, unless its headers were refused."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request, unless it was refused."""
        if not self.transport.is_closing():
            super().on_message_complete()

    def pause_writing(self) -> None:
        """More waits than the reader has room for."""
        super().pause_writing()
        self._taken()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The reader has taken what waited."""
        self._taken()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP with a problem document."""
        self._refuse(ProblemError("malformed_request", msg))

    def _check_headers(self) -> bool:
        if self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(
                ProblemError("header_too_large", f"The headers are over the limit of {MAX_HEADER_BYTES} bytes.")
            )
            return False
        return True

    def _refuse(self, problem: ProblemError) -> None:
        if self.transport.is_closing():
            return
        self.logger.warning(problem.code)
        status, body = problems.document(problem, web_catalogue(), "")
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {problems.MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _end(self, why: str) -> None:
        """Close a connection that owes us its headers."""
        self.logger.warning(why)
        self.transport.close()

    def _watch(self, waiting: int) -> None:
        self._stalled_timer = self.loop.call_later(self.stalled_seconds, self._look, waiting)

    def _look(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._watch(waiting)
        else:
            self.logger.warning("stalled_reader")
            self.transport.abort()

    def _taken(self) -> None:
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None

    def _arm(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._end, "header_timeout")

    def _disarm(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def with_patience(stalled_seconds: float) -> type[BoundedProtocol]:
    """The protocol with its own patience for readers."""

    class Patient(BoundedProtocol):
        pass

    Patient.stalled_seconds = stalled_seconds
    return Patient
