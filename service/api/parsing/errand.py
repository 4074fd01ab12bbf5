"""What the service and its parsing process say to each other: one message each way, contents in memory files beside."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping

import msgspec

from service.web.problems import FieldError, ProblemError


class Errand(msgspec.Struct, frozen=True):
    """A body to decode: which path it was sent to, how it is written, and the query parameters that belong to it."""

    number: int
    path: str
    media_type: str
    encoding: str
    parameters: Mapping[str, str]


class Refusal(msgspec.Struct, frozen=True):
    """A ``ProblemError`` on its way."""

    code: str
    detail: str
    errors: list[FieldError]
    total: int


class Reply(msgspec.Struct, frozen=True):
    """Where the decoded document stands in the memory file, and the digest; or the refusal that stands there."""

    number: int
    at: int = 0
    size: int = 0
    digest: str = ""
    refused: bool = False
    failure: str | None = None


MESSAGE_BYTES = 1 << 17  # of the query parameters, mostly: the headers of a request are bounded by half of it
ERRANDS, REPLIES = msgspec.msgpack.Decoder(Errand), msgspec.msgpack.Decoder(Reply)
REFUSALS = msgspec.msgpack.Decoder(Refusal)


def refusal(problem: ProblemError) -> Refusal:
    """What travels of a problem; everything else stands in the catalogue."""
    errors = [FieldError(e.pointer, e.code, e.detail, e.hint) for e in problem.errors]
    return Refusal(problem.code, problem.detail, errors, problem.total)


def problem(sent: Refusal) -> ProblemError:
    """The problem that travelled."""
    return ProblemError(sent.code, sent.detail, sent.errors, total=sent.total)


def memory_file(content: bytes | bytearray = b"") -> int:
    """A file in memory with this content, known by its descriptor only; writing lets other threads run."""
    fd = os.memfd_create("rectifier")
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]
    return fd


def content_of(fd: int) -> bytearray:
    """All that a memory file holds."""
    content = bytearray(os.fstat(fd).st_size)
    os.preadv(fd, [content], 0)
    return content


def mapped(fd: int) -> memoryview:
    """All that a memory file holds, without a copy; the descriptor may be closed."""
    size = os.fstat(fd).st_size
    return memoryview(mmap.mmap(fd, size, access=mmap.ACCESS_READ) if size else b"")
