"""One request and its answer, watched from outside the framework: request id, headers, sizes, unread bodies."""

from __future__ import annotations

import asyncio
import re
import secrets

from litestar.types import HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from service.web.body import header

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DRAIN_BYTES = 1 << 28
_DRAIN_IDLE_SECONDS = 2.0
_DRAIN_SECONDS = 20.0


def request_id(scope: Scope) -> str:
    """The client's X-Request-Id when well-formed, else a fresh one."""
    given = header(scope, b"x-request-id")
    return given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


class Exchange:
    """Receive and send of one request, with what they saw.

    A body that was refused before it was read to the end is read on and thrown away after the answer, within bounds,
    so that clients which send everything before they listen still get the answer; then the connection closes.
    """

    __slots__ = ("_receive", "_send", "body_complete", "gone", "id", "received", "sent", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.id = request_id(scope)
        self.status, self.received, self.sent = 0, 0, 0
        self.started = self.gone = False
        length = header(scope, b"content-length")
        self.body_complete = header(scope, b"transfer-encoding") is None and length in {None, "0"}

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        """The next piece of the body."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message["body"])
            self.body_complete = not message["more_body"]
        else:
            self.gone = True
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, with our headers."""
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            extra = [(b"x-request-id", self.id.encode()), (b"x-content-type-options", b"nosniff")]
            if not self.body_complete:
                extra.append((b"connection", b"close"))
            message["headers"] = [*message["headers"], *extra]
        elif message["type"] == "http.response.body":
            self.sent += len(message["body"])
            if not message["more_body"] and not self.body_complete and not self.gone:
                await self._send({"type": "http.response.body", "body": message["body"], "more_body": True})
                await self._drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _drain(self) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + _DRAIN_SECONDS
        try:
            async with asyncio.timeout(_DRAIN_IDLE_SECONDS) as timeout:
                while not self.body_complete and not self.gone and self.received < _DRAIN_BYTES:
                    await self.receive()
                    timeout.reschedule(min(clock() + _DRAIN_IDLE_SECONDS, end))
        except TimeoutError:
            pass
