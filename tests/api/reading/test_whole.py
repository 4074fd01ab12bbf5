from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace

import pytest

from service.api.limits import Limits
from service.api.reading import whole
from service.api.reading.media import Reader
from service.api.reading.whole import decoded, digest
from service.web.problems import ProblemError

READER: Reader[tuple[bytes, dict[str, str]]] = Reader(b",", (), lambda body, query: (bytes(body), dict(query)))
LIMITS = Limits(max_inflated_bytes=100, max_values=5)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_reader_gets_the_body_as_it_was(encoding: str) -> None:
    body = b"1,2,3" if encoding == "identity" else gzip.compress(b"1,2,3")
    found, told = decoded(READER, bytearray(body), encoding, {"a": "b"}, LIMITS)
    assert found == (b"1,2,3", {"a": "b"})
    assert told == digest(bytearray(b"1,2,3"), {"a": "b"})


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"1,2,3,4,5,6,7", "identity", "too_many_numbers"),
        (gzip.compress(b"1,2,3,4,5,6,7", mtime=0), "gzip", "too_many_numbers"),
        (gzip.compress(b" " * 101, mtime=0), "gzip", "body_too_large"),
    ],
)
def test_limits_hold_before_anything_is_decoded(body: bytes, encoding: str, code: str) -> None:
    with pytest.raises(ProblemError, match=code):
        decoded(READER, bytearray(body), encoding, {}, LIMITS)


def test_what_the_faster_way_gives_is_taken_and_else_the_strict_decoder_asked() -> None:
    body = bytearray(b"[1,2]" + b" " * whole.QUICK_BYTES)
    seen = []
    for given in ("struct", None):
        reader = replace(READER, columns=lambda body, query, given=given: seen.append((len(body), query)) or given)
        found, told = decoded(reader, body, "identity", {"a": "b"}, Limits())
        assert found == given or found == (bytes(body), {"a": "b"})
        assert told == digest(body, {"a": "b"})
    assert seen == [(len(body), {"a": "b"})] * 2
    decoded(reader, bytearray(b"[1,2]"), "identity", {}, Limits())
    assert len(seen) == 2


def test_the_digest_is_over_body_and_parameters() -> None:
    assert digest(bytearray(b"a"), {}) == f"sha256:{hashlib.sha256(b'a').hexdigest()}"
    assert digest(bytearray(b"a"), {"plan": "{}", "data": "x"}) == digest(bytearray(b"a"), {"data": "x", "plan": "{}"})
    assert digest(bytearray(b"a"), {"data": "x"}) != digest(bytearray(b"a"), {"plan": "x"})
