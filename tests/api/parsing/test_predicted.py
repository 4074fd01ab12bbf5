from __future__ import annotations

import json

import msgspec
import pytest

from service.api.parsing.predicted import PER_BYTE, PER_COPIED_BYTE, PER_VALUE, only_numbers, parse_seconds

NUMBERS = [round(i / 7, 3) for i in range(100_000)]


def values(body: bytes, separators: bytes) -> float:
    per_byte = PER_BYTE if separators else PER_COPIED_BYTE
    return (parse_seconds(bytearray(body), separators) - per_byte * len(body)) / PER_VALUE


def test_numbers_are_told_by_their_separators() -> None:
    assert values(json.dumps(NUMBERS[:500]).encode(), b",") == pytest.approx(499)
    assert values(json.dumps(NUMBERS).encode(), b",") == pytest.approx(100_000, rel=0.05)
    assert values("\n".join(f"{x},{x}" for x in NUMBERS).encode(), b",\n") == pytest.approx(200_000, rel=0.05)


def test_base64_costs_its_bytes_only() -> None:
    body = json.dumps({"data": "A" * 1_000_000, "names": NUMBERS[:10]}).encode()
    assert values(body, b",") < 5_000


def test_binary_data_of_messagepack_costs_its_bytes_only() -> None:
    column = {"dtype": "<f8", "data": bytes(8_000_000)}
    packed = msgspec.msgpack.encode({"data": {"arms": [{"name": "a", "human": column, "llm": column}]}})
    assert values(packed, b"") < 100
    assert values(msgspec.msgpack.encode(NUMBERS), b"") == pytest.approx(100_000, rel=0.01)


@pytest.mark.parametrize("body", [b"", b"\xa4data\xc6", b"\xa4data\xc6\xff\xff\xff\xff", b"\xa4data\xc6\x00"])
def test_nothing_and_damage_cost_next_to_nothing(body: bytes) -> None:
    assert 0 <= parse_seconds(bytearray(body), b"") < 1e-5


def arms(count: int, column: object) -> dict[str, object]:
    return {"data": {"arms": [{"name": f"arm {i}", "human": column, "llm": column} for i in range(count)]}}


BINARY = {"dtype": "<f8", "data": bytes(range(256)) * 400}


@pytest.mark.parametrize(
    ("body", "separators", "expected"),
    [
        (json.dumps(arms(2, NUMBERS[:8_000])).encode(), b',"', True),
        (json.dumps(arms(2, {"dtype": "<f8", "data": "A" * 50_000})).encode(), b',"', True),
        (json.dumps(arms(200, NUMBERS[:10])).encode(), b',"', False),
        (json.dumps(["a"] * 300).encode(), b',"', False),
        (json.dumps([[]] * 600).encode(), b',"', False),
        (json.dumps([{}] * 600).encode(), b',"', False),
        (msgspec.msgpack.encode(arms(2, BINARY)), b"", True),
        (msgspec.msgpack.encode(arms(2, NUMBERS[:1_000])), b"", False),
        (b"1,2\n" * 10_000, b",\n", False),
    ],
)
def test_bodies_of_numbers_alone_are_told_from_those_of_many_objects(
    body: bytes, separators: bytes, expected: bool
) -> None:
    assert only_numbers(bytearray(body), separators) is expected
