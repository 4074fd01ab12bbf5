from __future__ import annotations

import asyncio
import gzip
from types import SimpleNamespace

import pytest

from service.gateway.routes.bodies import whole_body
from service.gateway.settings import Settings
from service.web.problems import ProblemError


def body_of(sent: bytes, encoding: str = "identity", most: int = 1000) -> bytes:
    async def receive() -> dict:
        return {"type": "http.request", "body": sent, "more_body": False}

    request = SimpleNamespace(scope={"headers": [(b"content-encoding", encoding.encode())]}, receive=receive)
    return bytes(asyncio.run(whole_body(request, Settings(max_body_bytes=most))))


def test_a_body_is_what_it_was_before_it_was_compressed() -> None:
    assert body_of(b"{}") == b"{}"
    assert body_of(gzip.compress(b"{}"), "gzip") == b"{}"


@pytest.mark.parametrize(
    ("sent", "encoding", "most", "code"),
    [
        (b"x" * 1001, "identity", 1000, "body_too_large"),
        (gzip.compress(b"x" * 5000, mtime=0), "gzip", 1000, "body_too_large"),
        (b"no gzip", "gzip", 1000, "corrupt_encoding"),
        (b"{}", "br", 1000, "unsupported_media_type"),
    ],
)
def test_what_is_too_large_or_cannot_be_read_is_refused(sent: bytes, encoding: str, most: int, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        body_of(sent, encoding, most)
    assert refused.value.code == code
