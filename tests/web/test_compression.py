from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest

from service.web.compression import InflateLimits, count_values, inflate, zstd_module
from service.web.problems import ProblemError

LIMITS = InflateLimits(max_bytes=1 << 20, max_values=1000)


def refusal(compressed: bytes, limits: InflateLimits = LIMITS, encoding: str = "gzip") -> str:
    with pytest.raises(ProblemError) as caught:
        inflate(compressed, encoding, limits)
    return caught.value.code


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 1 << 20])
def test_what_was_squeezed_comes_back(size: int) -> None:
    plain = random.Random(size).randbytes(size).replace(b",", b";")
    assert inflate(gzip.compress(plain, mtime=0), "gzip", LIMITS) == plain
    assert inflate(gzip.compress(b"x" * size, mtime=0), "gzip", LIMITS) == b"x" * size


def test_members_are_joined_up_to_a_number() -> None:
    assert inflate(gzip.compress(b"ab", mtime=0) * 1000, "gzip", LIMITS) == b"ab" * 1000
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
    assert len(inflate(gzip.compress(b"x" * (1 << 20), mtime=0), "gzip", LIMITS)) == 1 << 20
    assert refusal(gzip.compress(b"x" * ((1 << 20) + 1), mtime=0)) == "body_too_large"
    assert len(inflate(gzip.compress(b"," * 1000), "gzip", LIMITS)) == 1000
    assert refusal(gzip.compress(b"," * 1001, mtime=0)) == "too_many_numbers"


def test_a_bomb_costs_a_fixed_buffer() -> None:
    bomb = gzip.compress(b"0" * (64 << 20), 1, mtime=0)
    tracemalloc.start()
    try:
        assert refusal(bomb, InflateLimits(32 << 20, 1000)) == "body_too_large"
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


zstd = zstd_module()
PLAIN = b"some text, long enough to have a body " * 9
FRAME = zstd.compress(PLAIN)
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"


def wide(size: int, window_log: int) -> bytes:
    """A frame that needs a window of that size, its content size not told."""
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: window_log})
    return compressor.compress(b"x" * size) + compressor.flush()


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 1 << 20])
def test_zstd_comes_back(size: int) -> None:
    plain = random.Random(size).randbytes(size).replace(b",", b";")
    assert inflate(zstd.compress(plain), "zstd", LIMITS) == plain
    assert inflate(zstd.compress(b"x" * size, 19), "zstd", LIMITS) == b"x" * size
    assert inflate(wide(size, 17), "zstd", LIMITS) == b"x" * size


def test_zstd_frames_are_joined_up_to_a_number_and_skippable_ones_hold_nothing() -> None:
    assert inflate(zstd.compress(b"ab") * 1000, "zstd", LIMITS) == b"ab" * 1000
    assert refusal(zstd.compress(b"") * 1001, encoding="zstd") == "corrupt_encoding"
    assert inflate(SKIPPABLE + FRAME + SKIPPABLE, "zstd", LIMITS) == PLAIN


def test_every_truncation_of_zstd_is_refused() -> None:
    assert {refusal(FRAME[:n], encoding="zstd") for n in range(1, len(FRAME))} == {"corrupt_encoding"}


@pytest.mark.parametrize("compressed", [b"plain", gzip.compress(b"x", mtime=0), FRAME + b"tail", FRAME + b"\0"])
def test_damage_of_zstd_is_refused(compressed: bytes) -> None:
    assert refusal(compressed, encoding="zstd") == "corrupt_encoding"


def test_a_damaged_checksum_is_refused() -> None:
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.checksum_flag: 1})
    frame = bytearray(compressor.compress(PLAIN) + compressor.flush())
    frame[-1] ^= 1
    assert refusal(bytes(frame), encoding="zstd") == "corrupt_encoding"


def test_a_window_over_eight_megabytes_is_refused() -> None:
    assert len(inflate(wide(9 << 20, 23), "zstd", InflateLimits(1 << 30, 1))) == 9 << 20
    assert refusal(wide(9 << 20, 24), InflateLimits(1 << 30, 1), "zstd") == "corrupt_encoding"


def test_limits_hold_for_zstd() -> None:
    assert len(inflate(zstd.compress(b"x" * (1 << 20)), "zstd", LIMITS)) == 1 << 20
    assert refusal(zstd.compress(b"x" * ((1 << 20) + 1)), encoding="zstd") == "body_too_large"
    assert refusal(zstd.compress(b"," * 1001), encoding="zstd") == "too_many_numbers"


def test_a_zstd_bomb_costs_a_fixed_buffer() -> None:
    bomb = zstd.compress(b"0" * (64 << 20), 1) * 20
    tracemalloc.start()
    try:
        assert refusal(bomb, InflateLimits(32 << 20, 1000), "zstd") == "body_too_large"
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("separators", "count"), [(b"", 0), (b",", 2), (b",\n", 3)])
def test_values_are_told_by_what_separates_them(separators: bytes, count: int) -> None:
    assert count_values(b"1,2,3\n4", separators) == count
    limits = InflateLimits(99, count - 1, separators)
    if count:
        assert refusal(gzip.compress(b"1,2,3\n4", mtime=0), limits) == "too_many_numbers"


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 1000])
def test_values_are_counted_alike_whether_they_are_rare_or_many(count: int) -> None:
    for gap in (b"", b"ab"):
        for text in (gap.join([b","] * count), b"x" + (b"," + gap) * count):
            assert count_values(text, b",") == text.count(b",")
    assert count_values(b'",' * count, b',"') == 2 * count
