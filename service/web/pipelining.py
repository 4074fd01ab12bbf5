"""Requests that come before their turn: which of them are served, and that all of them hear when their client leaves.

Source: RFC 9112 section 9.3.2 (clients that pipeline send again what a closed connection left unanswered).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.web.plain import PlainProtocol

MAX_PIPELINED = 16
MAX_WAITING_BYTES = 1 << 14


class PipeliningProtocol(PlainProtocol):
    """Up to ``MAX_PIPELINED`` requests at a time are answered one after the other, those that wait with small bodies.

    Reading goes on meanwhile: a connection that is not read does not tell that its client is gone. Whatever else comes
    before its turn is thrown away, and the connection ends with the last answer it owes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own signature, passed through
        super().__init__(*args, **kwargs)
        self._unfinished: list[RequestResponseCycle] = []
        self._deaf = False

    def under_way(self) -> list[RequestResponseCycle]:
        """The requests without a complete answer, in their order."""
        return [cycle for cycle in self._unfinished if not cycle.response_complete]

    def is_dropping(self) -> bool:
        """Whether what comes is thrown away."""
        return self._deaf or self.transport.is_closing()

    def finish(self) -> None:
        """Answer what is under way, hear no more, then close."""
        self._deaf = True
        self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless nobody listens any more."""
        if not self._deaf:
            super().data_received(data)

    def begin_request(self) -> None:
        """Take the request in its turn, or none from here on."""
        if self.is_dropping():
            return
        before = self.under_way()
        waiting = sum((_body_bytes(c.scope["headers"]) for c in before[1:]), _body_bytes(self.headers))
        if before and (len(before) >= MAX_PIPELINED or waiting > MAX_WAITING_BYTES):
            self.finish()
            return
        super().begin_request()
        self._unfinished = [*before, self.cycle]
        if before:
            self.flow.resume_reading()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, unless its request was refused."""
        if not self.is_dropping():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request, unless it was refused."""
        if not self.is_dropping():
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """All that is under way hears it; uvicorn tells the last request alone."""
        for cycle in self.under_way():
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)


def _body_bytes(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """What the body may come to."""
    given = dict(headers)
    return math.inf if b"transfer-encoding" in given else float(given.get(b"content-length", 0))
