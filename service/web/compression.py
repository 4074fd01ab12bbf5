"""Bounded gzip: a first pass counts what the body inflates to in a fixed buffer, only then a second pass keeps it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from service.web.problems import ProblemError

_CHUNK = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS
_MAX_MEMBERS = 1000


@dataclass(frozen=True, slots=True)
class InflateLimits:
    """Bounds on the inflated body: bytes, and commas (a JSON body has about as many values as commas)."""

    max_bytes: int
    max_values: int


def inflate(compressed: bytes | bytearray, limits: InflateLimits) -> bytearray:
    """The inflated bytes (several members are joined); 413 over a limit, 400 when damaged or truncated."""
    size = values = 0
    for chunk in _chunks(compressed):
        size += len(chunk)
        values += chunk.count(b",")
        if size > limits.max_bytes:
            raise ProblemError("body_too_large", f"The body inflates to more than {limits.max_bytes} bytes.")
        if values > limits.max_values:
            raise too_many_values(limits.max_values)
    out = bytearray(size)
    at = 0
    for chunk in _chunks(compressed):
        out[at : at + len(chunk)] = chunk
        at += len(chunk)
    return out


def too_many_values(limit: int) -> ProblemError:
    """The refusal for a body with more values than the limit."""
    return ProblemError("too_many_numbers", f"The body holds more than {limit} values.")


def _chunks(compressed: bytes | bytearray) -> Iterator[bytes]:
    rest, members = memoryview(compressed), 0
    while rest:
        member = zlib.decompressobj(_GZIP)
        members += 1
        if members > _MAX_MEMBERS:
            raise _corrupt()
        while not member.eof:
            try:
                chunk = member.decompress(rest[:_CHUNK], _CHUNK)
            except zlib.error:
                raise _corrupt() from None
            consumed = min(len(rest), _CHUNK) - len(member.unconsumed_tail) - len(member.unused_data)
            if not chunk and not consumed and not member.eof:
                raise _corrupt()
            rest = rest[consumed:]
            yield chunk


def _corrupt() -> ProblemError:
    return ProblemError("corrupt_encoding", "The gzip stream is damaged or ends early.")
