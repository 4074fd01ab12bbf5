from __future__ import annotations

import asyncio
import gzip
from types import SimpleNamespace

import pytest

from service.gateway.routes.bodies import whole_body
from service.gateway.settings import Settings
from service.web.body import Held
from service.web.problems import ProblemError


def body_of(
    sent: bytes, encoding: str = "identity", most: int = 1000, values: int = 50, held: Held | None = None
) -> bytes:
    async def receive() -> dict:
        return {"type": "http.request", "body": sent, "more_body": False}

    request = SimpleNamespace(scope={"headers": [(b"content-encoding", encoding.encode())]}, receive=receive)
    settings = Settings(max_body_bytes=most, max_values=values)
    with (held or Held(1 << 30)).holding() as holding:
        return bytes(asyncio.run(whole_body(request, settings, holding)))


def test_a_body_is_what_it_was_before_it_was_compressed() -> None:
    assert body_of(b"{}") == b"{}"
    assert body_of(gzip.compress(b"{}", mtime=0), "gzip") == b"{}"


@pytest.mark.parametrize(
    ("sent", "encoding", "most", "code"),
    [
        (b"x" * 1001, "identity", 1000, "body_too_large"),
        (gzip.compress(b"x" * 1001, mtime=0), "gzip", 1000, "body_too_large"),
        (b"[" + b"{}," * 30, "identity", 1000, "too_many_numbers"),
        (b"[" * 51, "identity", 1000, "too_many_numbers"),
        (gzip.compress(b"[" + b"{}," * 30, mtime=0), "gzip", 1000, "too_many_numbers"),
        (b"no gzip", "gzip", 1000, "corrupt_encoding"),
        (b"{}", "br", 1000, "unsupported_media_type"),
    ],
)
def test_what_is_too_large_or_cannot_be_read_is_refused(sent: bytes, encoding: str, most: int, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        body_of(sent, encoding, most)
    assert refused.value.code == code


def test_a_compressed_body_is_held_as_the_largest_that_it_may_become() -> None:
    small = gzip.compress(b"{}", mtime=0)
    assert body_of(small, "gzip", 100_000, held=Held(100_000)) == b"{}"
    with pytest.raises(ProblemError) as refused:
        body_of(small, "gzip", 100_000, held=Held(99_999))
    assert refused.value.code == "overloaded"
    assert body_of(b"{}", most=100_000, held=Held(99_999)) == b"{}"


def test_many_short_values_are_held_as_more_than_their_length() -> None:
    body = b"[" + b"{}," * 10_000 + b"{}]"
    room = len(body) + 8 * 20_002
    assert body_of(body, most=100_000, values=30_000, held=Held(room)) == body
    with pytest.raises(ProblemError) as refused:
        body_of(body, most=100_000, values=30_000, held=Held(room - 1))
    assert refused.value.code == "overloaded"
