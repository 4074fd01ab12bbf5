"""HTTP/1.1 of uvicorn with what it lacks: connections, headers and readers bounded, problems for junk, all of it told.

What is told of a connection that is ended here is one word; never a byte of what came over it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from service.web import problems
from service.web.exchange import own_headers, request_id
from service.web.pipelining import PipeliningProtocol
from service.web.problems import ProblemError, web_catalogue

MAX_HEADER_BYTES = 1 << 16
HEADER_SECONDS = 10.0
STALLED_SECONDS = 120.0
MAX_CONNECTIONS = 1000
_PER_HEADER = 32  # what a field costs beyond its letters, as HTTP/2 counts


class BoundedProtocol(PipeliningProtocol):
    """Refuses endless headers and trailers (431) and drops connections whose headers do not arrive in time.

    A reader that takes nothing for ``stalled_seconds`` while more waits is gone: what is under way for it is told so.
    Beyond ``MAX_CONNECTIONS`` one that has its answer and still sends is closed, else the one that has been idle
    longest, or the new one when none is idle.
    """

    stalled_seconds = STALLED_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own signature, passed through
        super().__init__(*args, **kwargs)
        self._header_bytes = 0
        self._in_headers = self._no_body = False
        self._header_timer: asyncio.TimerHandle | None = None
        self._stalled_timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client that connects must also ask."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._arm()
        if len(self.connections) > MAX_CONNECTIONS:
            others = [c for c in self.connections if isinstance(c, BoundedProtocol) and c is not self]
            spare = [c for c in others if c.is_idle() or c.is_answered()]
            least = min(spare, key=lambda c: (c.is_idle(), c._idle_since), default=self)  # noqa: SLF001 - of its kind
            least._end("too_many_connections")  # noqa: SLF001 - of its kind

    def is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self.cycle is None or self.cycle.response_complete

    def is_answered(self) -> bool:
        """Whether the answer is out and only the rest of a refused body still comes in."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.keep_alive or not cycle.more_body:
            return False
        return cycle.chunked_encoding is False and cycle.expected_content_length == 0

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
        """Count what is no body: unfinished headers, and trailers."""
        self._no_body = True
        super().data_received(data)
        if self._no_body and not self.is_dropping():
            self._header_bytes += len(data)
            self._check_headers()

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self._in_headers, self._no_body, self._header_bytes = True, True, 0
        if self._header_timer is None:
            self._arm()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; a trailer is counted and forgotten."""
        if self._in_headers:
            super().on_header(name, value)
        elif not self.is_dropping():
            self._header_bytes += _PER_HEADER + len(name) + len(value)
            self._check_headers()

    def begin_request(self) -> None:
        """The request's headers are all here."""
        self._in_headers = self._no_body = False
        self._disarm()
        self._header_bytes = len(self.url) + sum(_PER_HEADER + len(k) + len(v) for k, v in self.headers)
        if self._check_headers():
            super().begin_request()

    def on_body(self, body: bytes) -> None:
        """A piece of a body: no trailer has begun."""
        self._no_body, self._header_bytes = False, 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._no_body = False
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
        """Answer and close, unless an answer is under way: that one is finished first, or cannot be any more."""
        if self.is_dropping():
            return
        self._disarm()
        self.logger.warning(problem.code)
        cycles = self.under_way()
        if cycles and not cycles[-1].more_body:
            self.finish()
            return
        if not cycles or not cycles[-1].response_started:
            self.transport.write(_answer(problem))
        self.transport.close()

    def _late(self) -> None:
        """The headers did not come in time: those of a first request are not waited for, nor those of another."""
        if self.under_way():
            self.finish()
        else:
            self._end("header_timeout")

    def _end(self, why: str) -> None:
        """Close a connection of which there is no more to hope for."""
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
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._late)

    def _disarm(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def _answer(problem: ProblemError) -> bytes:
    """A whole answer for what never reached the application, with the headers that every answer has."""
    own = request_id(None)
    status, body = problems.document(problem, web_catalogue(), own)
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *own_headers(own),
        (b"connection", b"close"),
    ]
    line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    return line + b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n" + body


def with_patience(stalled_seconds: float) -> type[BoundedProtocol]:
    """The protocol with its own patience for readers."""

    class Patient(BoundedProtocol):
        pass

    Patient.stalled_seconds = stalled_seconds
    return Patient
