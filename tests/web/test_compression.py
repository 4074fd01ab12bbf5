from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest

from service.web.compression import InflateLimits, inflate
from service.web.problems import ProblemError

LIMITS = InflateLimits(max_bytes=1 << 20, max_values=1000)


def refusal(compressed: bytes, limits: InflateLimits = LIMITS) -> str:
    with pytest.raises(ProblemError) as caught:
        inflate(compressed, limits)
    return caught.value.code


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 1 << 20])
def test_what_was_squeezed_comes_back(size: int) -> None:
    plain = random.Random(size).randbytes(size).replace(b",", b";")
    assert inflate(gzip.compress(plain, mtime=0), LIMITS) == plain
    assert inflate(gzip.compress(b"x" * size, mtime=0), LIMITS) == b"x" * size


def test_members_are_joined_up_to_a_number() -> None:
    assert inflate(gzip.compress(b"ab", mtime=0) * 1000, LIMITS) == b"ab" * 1000
    assert refusal(gzip.compress(b"", mtime=0) * 1001) == "corrupt_encoding"


def test_every_truncation_is_refused() -> None:
    whole = gzip.compress(b"some text, long enough to have a body", mtime=0)
    assert {refusal(whole[:n]) for n in range(1, len(whole))} == {"corrupt_encoding"}


@pytest.mark.parametrize(
    "compressed",
    [
        b"plain",
        zlib.compress(b"zlib, not gzip"),
        gzip.compress(b"x", mtime=0) + b"tail",
        gzip.compress(b"x" * 99, mtime=0)[:-8] + b"\0" * 8,
    ],
)
def test_damage_is_refused(compressed: bytes) -> None:
    assert refusal(compressed) == "corrupt_encoding"


def test_limits_hold_to_the_byte_and_to_the_comma() -> None:
    assert len(inflate(gzip.compress(b"x" * (1 << 20), mtime=0), LIMITS)) == 1 << 20
    assert refusal(gzip.compress(b"x" * ((1 << 20) + 1), mtime=0)) == "body_too_large"
    assert len(inflate(gzip.compress(b"," * 1000), LIMITS)) == 1000
    assert refusal(gzip.compress(b"," * 1001, mtime=0)) == "too_many_numbers"


def test_a_bomb_costs_a_fixed_buffer() -> None:
    bomb = gzip.compress(b"0" * (64 << 20), 1, mtime=0)
    tracemalloc.start()
    try:
        assert refusal(bomb, InflateLimits(32 << 20, 1000)) == "body_too_large"
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
