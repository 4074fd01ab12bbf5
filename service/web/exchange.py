"""One request and its answer, watched from outside the framework: request id, headers, sizes, unread bodies."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Collection
from typing import Any

from litestar.types import HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from service.web import trace_context

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_DRAIN_BYTES = 1 << 28
_DRAIN_IDLE_SECONDS = 2.0
_DRAIN_SECONDS = 20.0
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_UNLESS_GIVEN = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def request_id(given: bytes | None) -> str:
    """The client's X-Request-Id when well-formed, else a fresh one."""
    return given.decode() if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def own_headers(identity: str, given: Collection[bytes] = ()) -> list[tuple[bytes, bytes]]:
    """What every answer carries; some of it unless the answer has its own."""
    unless = [(name, value) for name, value in _UNLESS_GIVEN if name not in given]
    return [(b"x-request-id", identity.encode()), *_ALWAYS, *unless]


class Exchange:
    """Receive and send of one request, with what they saw. ``trace`` is told to the client when there is one.

    A body that was refused before it was read to the end is read on and thrown away after the answer, within bounds,
    so that clients which send everything before they listen still get the answer; then the connection closes.
    """

    __slots__ = (
        "_receive",
        "_send",
        "body_complete",
        "content_type",
        "gone",
        "id",
        "received",
        "sent",
        "started",
        "state",
        "status",
        "trace",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        headers = dict(reversed(list(scope["headers"])))  # the first of a name wins
        self.state: dict[str, Any] = {}
        self.id = request_id(headers.get(b"x-request-id"))
        self.content_type = headers.get(b"content-type")
        self.trace = trace_context.parse(headers.get(b"traceparent"))
        self.status, self.received, self.sent = 0, 0, 0
        self.started = self.gone = False
        self.body_complete = b"transfer-encoding" not in headers and headers.get(b"content-length") in {None, b"0"}

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
            extra = own_headers(self.id, {name.lower() for name, _ in message["headers"]})
            extra += [(k.lower().encode(), v.encode()) for k, v in self.state.get("answer_headers", ())]
            extra += self.state.get("page_headers", ())
            if self.trace is not None:
                extra.append((b"traceparent", self.trace.header()))
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
