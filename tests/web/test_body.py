from __future__ import annotations

import asyncio
import time

import pytest

from service.web.body import BodyLimits, ClientGoneError, header, read_body
from service.web.problems import ProblemError

LIMITS = BodyLimits(max_bytes=10, idle_seconds=0.1, total_seconds=0.25)


def read(*pieces: object, declared: str | None = None) -> bytearray:
    waiting = list(pieces)

    async def receive():
        if isinstance(waiting[0], float):
            await asyncio.sleep(waiting.pop(0))
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    headers = [] if declared is None else [(b"content-length", declared.encode())]
    return asyncio.run(read_body({"headers": headers}, receive, LIMITS))


def refusal(*pieces: object, declared: str | None = None) -> str:
    with pytest.raises(ProblemError) as caught:
        read(*pieces, declared=declared)
    return caught.value.code


def test_the_pieces_are_joined() -> None:
    assert read(b"12", b"", b"345") == b"12345"
    assert read(b"x" * 10, declared="10") == b"x" * 10


def test_too_many_bytes_are_refused_declared_or_streamed() -> None:
    assert refusal(declared="11") == "body_too_large"
    assert refusal(b"x" * 11) == "body_too_large"
    assert refusal(b"x" * 6, b"x" * 6, b"never read") == "body_too_large"
    assert refusal(b"x" * 11, declared="5") == "body_too_large"


def test_silence_and_dripping_end_in_time() -> None:
    started = time.monotonic()
    assert refusal(b"x", 5.0, b"x") == "body_timeout"
    assert refusal(*[b"x", 0.06] * 9, b"x") == "body_timeout"
    assert time.monotonic() - started < 1


def test_steady_pieces_are_waited_for() -> None:
    assert read(b"x", 0.06, b"x", 0.06, b"x") == b"xxx"


def test_a_client_that_leaves_is_told_apart() -> None:
    with pytest.raises(ClientGoneError):
        read(b"x", None)


def test_the_first_header_counts() -> None:
    scope = {"headers": [(b"accept", b"a\xff"), (b"accept", b"b")]}
    assert header(scope, b"accept") == "aÿ"
    assert header(scope, b"host") is None
