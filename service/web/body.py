"""The raw request body, bounded in bytes and in time; nothing above the limit is ever buffered."""

from __future__ import annotations

import asyncio
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


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that (lower-case) name, as text."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


async def read_body(scope: Scope, receive: Receive, limits: BodyLimits) -> bytearray:
    """The body as sent. 413 at once for a declared length over the limit, else as soon as the stream passes it; 408."""
    declared = header(scope, b"content-length") or "0"
    if declared.isdecimal() and int(declared) > limits.max_bytes:
        raise _too_large(limits)
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
                if not message["more_body"]:
                    return body
                timeout.reschedule(min(clock() + limits.idle_seconds, end))
    except TimeoutError:
        raise ProblemError("body_timeout", "The body was not complete in time.") from None


def _too_large(limits: BodyLimits) -> ProblemError:
    return ProblemError("body_too_large", f"The body is over the limit of {limits.max_bytes} bytes.")
