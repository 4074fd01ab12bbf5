"""The raw request body, bounded in bytes and in time; nothing above the limit is ever buffered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from service.web.problems import ProblemError

if TYPE_CHECKING:
    from litestar.types import Receive, Scope


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

    A byte counts once it is here: who only announces a body takes no room from others. So of several bodies that grow
    beyond what there is together, the one that first asks for more is refused, and its room is free for the rest.
    Bodies up to ``FREE_BYTES`` are free: the number of connections bounds them. ``busy`` has hysteresis: from
    a refusal until half of the room is free.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = self.refused = 0
        self._busy = False

    def busy(self) -> bool:
        """Whether others should be asked first."""
        self._busy = self._busy and self.bytes > self.max_bytes // 2
        return self._busy

    def refuse(self) -> NoReturn:
        """503: there is no room."""
        self.refused += 1
        self._busy = True
        raise ProblemError("overloaded", "Too many large bodies are here now.", headers={"Retry-After": "1"})

    @contextmanager
    def holding(self) -> Iterator[Holding]:
        """For as long as one request keeps its body."""
        holding = Holding(self)
        with holding.kept():
            yield holding


class Holding:
    """What one request holds, until the last of its keepers lets go."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._keepers = self.bytes = 0

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Held at least for so long: work on a body may go on after its request."""
        self._keepers += 1
        try:
            yield
        finally:
            self._keepers -= 1
            if not self._keepers:
                self._held.bytes -= self.bytes

    def grow(self, size: int) -> None:
        """Hold a body of at least this size; ``ProblemError`` 503 when there is no room."""
        more = size - self.bytes
        if size <= FREE_BYTES or more <= 0:
            return
        self.expect(size)
        self._held.bytes += more
        self.bytes = size

    def expect(self, size: int) -> None:
        """Whether a body of this size has room now, which nothing keeps for it; ``ProblemError`` 503 when not."""
        if size > FREE_BYTES and self._held.bytes + size - self.bytes > self._held.max_bytes:
            self._held.refuse()


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


def listed_header(scope: Scope, name: bytes) -> str | None:
    """All headers of that (lower-case) name as the one list that they are (RFC 9110 section 5.3)."""
    found = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(found) if found else None


async def read_body(scope: Scope, receive: Receive, limits: BodyLimits, holding: Holding | None = None) -> bytearray:
    """The body as sent. 413 at once for a declared length over the limit, else as soon as the stream passes it; 408.

    With ``holding``, 503 at once for a declared length that there is no room for, else when the stream outgrows it.
    400 when it ends before its declared length.
    """
    declared = declared_bytes(scope)
    if declared > limits.max_bytes:
        raise _too_large(limits)
    holding = holding or Holding(Held(limits.max_bytes))
    holding.expect(declared)
    body = bytearray()
    try:
        await _fill(body, receive, limits, holding)
        _refuse_truncated(len(body), declared)
    except BaseException:
        body.clear()  # the error remembers this frame for as long as the rest is read and thrown away
        raise
    return body


async def _fill(body: bytearray, receive: Receive, limits: BodyLimits, holding: Holding) -> None:
    """Read to the end, within the bounds."""
    clock = asyncio.get_running_loop().time
    end = clock() + limits.total_seconds
    try:
        async with asyncio.timeout(limits.idle_seconds) as timeout:
            while await _more(body, receive):
                _check(len(body), limits, holding)
                timeout.reschedule(min(clock() + limits.idle_seconds, end))
            _check(len(body), limits, holding)
    except TimeoutError:
        raise ProblemError("body_timeout", "The body was not complete in time.") from None


async def _more(body: bytearray, receive: Receive) -> bool:
    """Take the next piece; whether more follow."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    body += message["body"]
    return message["more_body"]


def _check(size: int, limits: BodyLimits, holding: Holding) -> None:
    if size > limits.max_bytes:
        raise _too_large(limits)
    holding.grow(size)


def _refuse_truncated(size: int, declared: int) -> None:
    if size < declared:
        raise ProblemError("malformed_request", "The body ends before its Content-Length.")


def _too_large(limits: BodyLimits) -> ProblemError:
    return ProblemError("body_too_large", f"The body is over the limit of {limits.max_bytes} bytes.")
