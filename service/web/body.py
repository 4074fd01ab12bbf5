"""The raw request body, bounded in bytes and in time; nothing above the limit is ever buffered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from litestar.types import Receive, Scope

from service.web.problems import ProblemError


class ClientGoneError(Exception):
    """The client closed the connection before its body was complete; nobody is left to answer."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bounds on a body: bytes as sent, seconds without a new byte, seconds in all."""

    max_bytes: int
    idle_seconds: float
    total_seconds: float


class Held:
    """Bytes of all bodies that are being read or kept at one time, bounded: what does not fit is refused with 503.

    Bodies up to ``FREE_BYTES`` are free: the number of connections bounds them.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = self.refused = 0

    @contextmanager
    def holding(self) -> Iterator[Holding]:
        """For as long as one request keeps its body."""
        holding = Holding(self)
        try:
            yield holding
        finally:
            self.bytes -= holding.bytes


class Holding:
    """What one request holds."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.bytes = 0

    def grow(self, size: int) -> None:
        """Hold a body of at least this size; ``ProblemError`` 503 when there is no room."""
        more = size - self.bytes
        if size <= FREE_BYTES or more <= 0:
            return
        if self._held.bytes + more > self._held.max_bytes:
            self._held.refused += 1
            raise ProblemError("overloaded", "Too many large bodies are here now.", headers={"Retry-After": "1"})
        self._held.bytes += more
        self.bytes = size


FREE_BYTES = 1 << 16


def declared_bytes(scope: Scope) -> int:
    """The body's length as announced; 0 when it is not."""
    declared = header(scope, b"content-length") or "0"
    return int(declared) if declared.isdecimal() else 0


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that (lower-case) name, as text."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


async def read_body(scope: Scope, receive: Receive, limits: BodyLimits, holding: Holding | None = None) -> bytearray:
    """The body as sent. 413 at once for a declared length over the limit, else as soon as the stream passes it; 408.

    With ``holding``, 503 at once for a declared length that there is no room for, else when the stream outgrows it.
    """
    declared = declared_bytes(scope)
    if declared > limits.max_bytes:
        raise _too_large(limits)
    if holding is not None:
        holding.grow(declared)
    clock = asyncio.get_running_loop().time
    end = clock() + limits.total_seconds
    body = bytearray()
    try:
        async with asyncio.timeout(limits.idle_seconds) as timeout:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientGoneError
                body += message["body"]
                if len(body) > limits.max_bytes:
                    raise _too_large(limits)
                if holding is not None:
                    holding.grow(len(body))
                if not message["more_body"]:
                    return body
                timeout.reschedule(min(clock() + limits.idle_seconds, end))
    except TimeoutError:
        raise ProblemError("body_timeout", "The body was not complete in time.") from None


def _too_large(limits: BodyLimits) -> ProblemError:
    return ProblemError("body_too_large", f"The body is over the limit of {limits.max_bytes} bytes.")
