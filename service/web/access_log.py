"""What is kept of a request: one JSON line and, of a traced one, the same as attributes of its span.

The fields are a fixed list. Bodies, values, names, query strings and addresses never reach it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec

LogWriter = Callable[[bytes], object]

_SIZES = ((0, "empty"), (1 << 10, "1KiB"), (1 << 16, "64KiB"), (1 << 20, "1MiB"), (1 << 24, "16MiB"))
SIZE_CLASSES = (*(name for _, name in _SIZES), "larger")
_MEDIA_TYPES = {
    b"application/json": "application/json",
    b"application/vnd.msgpack": "application/msgpack",
    b"application/msgpack": "application/msgpack",
    b"application/x-msgpack": "application/msgpack",
    b"text/csv": "text/csv",
    b"application/vnd.apache.arrow.stream": "application/vnd.apache.arrow.stream",
}
MEDIA_TYPES = ("none", *dict.fromkeys(_MEDIA_TYPES.values()), "other")


class AccessLine(msgspec.Struct, frozen=True):
    """Every field an access log line may have.

    ``client`` is a hash of who asks; ``trace_id`` that of the caller's ``traceparent`` or of our own span; ``problem``
    the code of the refusal, which for 503 says why the request was shed; ``failure`` the class and place of a fault of
    ours.
    """

    event: str
    request_id: str
    trace_id: str | None
    method: str
    route: str
    media_type: str
    status: int
    duration_ms: float
    size_class: str
    bytes_in: int
    bytes_out: int
    problem: str | None = None
    failure: str | None = None
    client: str | None = None


_ATTRIBUTES = {
    "request_id": "rectifier.request_id",
    "method": "http.request.method",
    "route": "http.route",
    "media_type": "rectifier.media_type",
    "status": "http.response.status_code",
    "size_class": "rectifier.size_class",
    "bytes_in": "http.request.body.size",
    "bytes_out": "http.response.body.size",
    "client": "rectifier.client",
    "problem": "rectifier.problem",
    "failure": "error.type",
}


def attributes(line: AccessLine) -> dict[str, str | int]:
    """The line as attributes of a span, by OpenTelemetry's names where it has them; ``error.type`` without a place."""
    found = {name: getattr(line, field) for field, name in _ATTRIBUTES.items() if getattr(line, field) is not None}
    if line.failure is not None:
        found["error.type"] = line.failure.partition(" ")[0]
    return found


def size_class(size: int) -> str:
    """The label for a body of so many bytes."""
    return next((name for bound, name in _SIZES if size <= bound), "larger")


def media_type(content_type: bytes | None) -> str:
    """The label for a Content-Type: one that some service of ours reads, ``none`` or ``other``."""
    if content_type is None:
        return "none"
    return _MEDIA_TYPES.get(content_type.partition(b";")[0].strip().lower(), "other")


def to_stderr(line: bytes) -> None:
    """Write one log line."""
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()
