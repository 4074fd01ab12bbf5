from __future__ import annotations

import math
import random
import struct

import msgspec
import pytest

from service.web import msgpack_scan
from service.web.msgpack_scan import Scan
from service.web.problems import ProblemError

PACK = msgspec.msgpack.encode
NESTED = b"\x91" * 100 + b"\xc0"


def scan(body: bytes, max_values: int = 1000) -> Scan:
    walked = Scan(bytearray(body), max_values, 100)
    walked.run()
    return walked


def refusal(body: bytes, max_values: int = 1000) -> str:
    with pytest.raises(ProblemError) as caught:
        scan(body, max_values)
    return caught.value.code


def head(lead: int, width: int, length: int) -> bytes:
    return bytes([lead]) + length.to_bytes(width, "big")


WHOLE = [
    b"\x00",
    b"\xff",
    b"\xc0",
    PACK([True, False, None, "", {}, [], 1.5, -7, 200, 70_000, 2**40, -(2**40)]),
    PACK({"a": {"a": [1]}, "b": {"a": "text" * 99}, "é" * 40: b"bin"}),
    PACK([1.5] * 5000 + ["x"] * 300 + [None] * 17),
    b"\xca" + struct.pack(">f", 0.1),
    *[head(lead, width, 3) + b"abc" for lead, width in ((0xD9, 1), (0xDA, 2), (0xDB, 4))],
    *[head(lead, width, 3) + b"abc" for lead, width in ((0xC4, 1), (0xC5, 2), (0xC6, 4))],
    *[head(lead, width, 2) + b"\x01\x02" for lead, width in ((0xDC, 2), (0xDD, 4))],
    *[head(lead, width, 1) + b"\xa1a\x02" for lead, width in ((0xDE, 2), (0xDF, 4))],
    NESTED,
]


@pytest.mark.parametrize("body", WHOLE)
def test_whole_documents_are_walked_to_their_end(body: bytes) -> None:
    assert not scan(body, 10_000).non_finite


@pytest.mark.parametrize("body", WHOLE)
def test_no_document_may_be_cut_or_continued(body: bytes) -> None:
    for length in range(min(len(body), 300)):
        assert refusal(body[:length], 10_000) == "malformed_msgpack"
    assert refusal(body + b"\xc0", 10_000) == "malformed_msgpack"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 1, 16, 999])
def test_numbers_that_are_not_finite_are_seen(number: float, at: int) -> None:
    column: list[float] = [1.5] * 1000
    column[at] = number
    for form, lead in ((">d", b"\xcb"), (">f", b"\xca")):
        body = head(0xDC, 2, 1000) + b"".join(lead + struct.pack(form, value) for value in column)
        assert scan(body).non_finite


@pytest.mark.parametrize("number", [1.7976931348623157e308, 5e-324, -0.0])
def test_the_largest_and_smallest_numbers_are_finite(number: float) -> None:
    assert not scan(PACK([number])).non_finite


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xc1", "malformed_msgpack"),
        (b"\xd6\xff\x00\x00\x00\x00", "malformed_msgpack"),
        (b"\xc7\x01\x05\x00", "malformed_msgpack"),
        (b"\x81\x01\x02", "malformed_msgpack"),
        (b"\x81\xc0\x02", "malformed_msgpack"),
        (b"\x81\xc4\x01a\x02", "malformed_msgpack"),
        (b"\x81\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\x02", "malformed_msgpack"),
        (b"\x81\x90\x02", "malformed_msgpack"),
        (b"\xdb\xff\xff\xff\xff", "malformed_msgpack"),
        (b"\xc6\xff\xff\xff\xff", "malformed_msgpack"),
        (b"\xdd\xff\xff\xff\xff", "too_many_numbers"),
        (b"\xdf\xff\xff\xff\xff", "too_many_numbers"),
        (b"\x91" + NESTED, "too_deep"),
        (b"\x91" * 1_000_000, "too_deep"),
        (b"\x82\xa1a\x01\xa1a\x02", "duplicate_key"),
        (b"\x82\xa1a\x01\xd9\x01a\x02", "duplicate_key"),
        (b"\x91\x81\xa1b\x82\xa1a\x01\xa1a\x02", "duplicate_key"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    assert refusal(body) == code


def test_values_are_counted_before_they_are_built() -> None:
    assert scan(PACK([[1] * 500, [1] * 498]), 1000)
    assert refusal(PACK([[1] * 500, [1] * 499]), 1000) == "too_many_numbers"


def test_lists_and_objects_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msgpack_scan, "_MAX_CONTAINERS", 2_500)
    assert scan(PACK([[1]] * 2_499), 10**6)
    assert refusal(PACK([[1]] * 2_500), 10**6) == "too_many_numbers"


@pytest.mark.parametrize("length", [0, 1, 15, 31, 32, 33, 47, 48, 255, 256, 70_000])
def test_strings_of_every_length_are_skipped(length: int) -> None:
    body = PACK(["x" * length] * 300 + [7])
    assert scan(body)
    assert refusal(body[:-2]) == "malformed_msgpack"


def test_one_name_in_two_objects_is_no_duplicate() -> None:
    assert scan(PACK([{"a": 1}, {"a": {"a": 2}}]))


def test_the_walk_accepts_exactly_what_the_library_reads() -> None:
    """Mutated documents: what the walk accepts can be decoded, what it calls malformed cannot, or is foreign."""
    rng = random.Random(11)
    document = PACK({"a": [1.5, None, "x", {"b": [300, -5, 2**33]}], "c": b"12", "d": {"e": True}, "f": "y" * 40})
    accepted = 0
    for _ in range(20_000):
        body = bytearray(document)
        for _ in range(rng.randint(1, 3)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        del body[len(body) - rng.choice([0, 0, 0, 1, 5]) :]
        try:
            scan(body)
        except ProblemError as problem:
            if problem.code == "malformed_msgpack":
                assert _foreign(body)
        else:
            accepted += 1
            assert _decodes(body)
    assert accepted > 1000


def _decodes(body: bytes) -> bool:
    try:
        msgspec.msgpack.decode(body)
    except UnicodeDecodeError:
        return True
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _foreign(body: bytes) -> bool:
    """Not decodable, or holding a key that is no string or an extension."""

    def foreign(node: object) -> bool:
        if isinstance(node, dict):
            return any(not isinstance(key, str) or foreign(value) for key, value in node.items())
        if isinstance(node, list):
            return any(map(foreign, node))
        return not isinstance(node, (str, bytes, int, float, type(None)))

    try:
        return foreign(msgspec.msgpack.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
