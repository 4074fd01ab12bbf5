from __future__ import annotations

import copy
import json
import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from service.web.strict_msgpack import StrictMsgpackDecoder
from tests.web.refusals import DECODER, GOOD, TABLE, changed
from tests.web.study import Study
from tests.web.test_inspection import Odd
from tests.web.test_strict_json import REPLACEMENTS, places

PACKED = StrictMsgpackDecoder(Study)
LIMIT = 10_000


def refused(document: object, kind: type = Study) -> ProblemError:
    body = document if isinstance(document, bytes) else msgspec.msgpack.encode(document)
    with pytest.raises(ProblemError) as caught:
        StrictMsgpackDecoder(kind).decode(body, LIMIT)
    return caught.value


def found(document: object, kind: type = Study) -> list[tuple[str, str]]:
    return [(e.pointer, e.code) for e in refused(document, kind).errors]


def outcome(decode, body: bytes) -> object:
    """The struct, or everything that is said of the body."""
    try:
        return decode(body)
    except ProblemError as problem:
        return (problem.code, problem.total, [(e.pointer, e.code, e.detail, e.hint) for e in problem.errors])


def test_a_good_body_becomes_the_struct_that_json_gives() -> None:
    assert PACKED.decode(msgspec.msgpack.encode(GOOD), LIMIT) == DECODER.decode(json.dumps(GOOD).encode())
    assert PACKED.decode(bytearray(msgspec.msgpack.encode(GOOD)), LIMIT).plan.replicates == 99


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b"{}", "malformed_msgpack"),
        (b"\x81\xa4data", "malformed_msgpack"),
        (b"\x81\xa4data\xa1\xff", "invalid_utf8"),
        (b"\x81\xa2\xff\xfe\x01", "invalid_utf8"),
        (b"\x82\xa4data\x01\xa4data\x02", "duplicate_key"),
        (b"\x81\xa4data" + b"\x91" * 101 + b"\x00", "too_deep"),
        (b"\x81\xa4data\xdd\x00\x01\x00\x00", "too_many_numbers"),
    ],
)
def test_bytes_that_cannot_be_read(body: bytes, code: str) -> None:
    problem = refused(body)
    assert (problem.code, list(problem.errors)) == (code, [])


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/data/arms/0/human/1", math.nan, "not_a_number"),
        ("/data/arms/0/human/1", math.inf, "numeric_overflow"),
        ("/data/arms/0/human/1", b"12345678", "wrong_type"),
        ("/data/arms/0/human", b"12345678", "wrong_type"),
        ("/data/arms/0/name", b"control", "wrong_type"),
        ("/data/arms/0/name", math.nan, "wrong_type"),
        ("/plan/confidence_level", math.nan, "not_a_number"),
        ("/plan/confidence_level", -math.inf, "numeric_overflow"),
        ("/plan/replicates", math.nan, "not_a_number"),
        ("/plan/replicates", math.inf, "numeric_overflow"),
        ("/plan/costs", {"human": math.nan}, "not_a_number"),
    ],
)
def test_what_only_messagepack_can_say(pointer: str, value: object, code: str) -> None:
    expected = "/plan/costs/human" if pointer == "/plan/costs" else pointer
    assert found(changed(pointer, value)) == [(expected, code)]


def test_every_nan_has_its_place() -> None:
    document = changed("/data/arms/0/human", [1.5, math.nan, 2, math.nan])
    assert found(document) == [(f"/data/arms/0/human/{i}", "not_a_number") for i in (1, 3)]


def test_nan_where_anything_may_stand_is_refused_all_the_same() -> None:
    assert found({"anything": [math.nan]}, Odd) == [("", "not_a_number")]


def test_bytes_are_bin_and_base64_text_is_read_too() -> None:
    decoder = StrictMsgpackDecoder(Odd)
    assert decoder.decode(msgspec.msgpack.encode({"data": b"\x00\xff"}), LIMIT).data == b"\x00\xff"
    assert decoder.decode(msgspec.msgpack.encode({"data": "AP8="}), LIMIT).data == b"\x00\xff"
    assert found({"data": "!"}, Odd) == [("/data", "invalid_base64")]
    assert found({"data": 3}, Odd) == [("/data", "wrong_type")]


def test_integral_floats_are_integers() -> None:
    assert PACKED.decode(msgspec.msgpack.encode(changed("/plan/replicates", 1000.0)), LIMIT).plan.replicates == 1000


def test_a_promised_word_is_told_from_an_unknown_one() -> None:
    decoder = StrictMsgpackDecoder(Study, promised=("summary",))
    with pytest.raises(ProblemError, match="unsupported_combination"):
        decoder.decode(msgspec.msgpack.encode({"data": {"layout": "summary"}}), LIMIT)


def test_json_and_messagepack_say_the_same_of_the_same_document() -> None:
    """Broken studies in both formats: the same struct, or the same codes, places, words and hints."""
    rng = random.Random(23)
    refusals = 0
    for _ in range(3000):
        document = copy.deepcopy(rng.choice([GOOD, TABLE]))
        for _ in range(rng.randint(0, 3)):
            value = copy.deepcopy(rng.choice(REPLACEMENTS))
            if value != 10**400:  # which MessagePack cannot say
                document = changed(rng.choice(places(document)), value, document)
        ours = outcome(lambda body: PACKED.decode(body, LIMIT), msgspec.msgpack.encode(document))
        assert ours == outcome(StrictDecoder(Study).decode, json.dumps(document).encode())
        refusals += isinstance(ours, tuple)
    assert 1000 < refusals < 2900


def test_mutated_bytes_are_refused_or_read() -> None:
    rng = random.Random(5)
    whole = msgspec.msgpack.encode(GOOD)
    seen: set[str] = set()
    for _ in range(10_000):
        body = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        result = outcome(lambda body: PACKED.decode(body, LIMIT), body)
        seen.add(result[0] if isinstance(result, tuple) else "read")
    assert seen > {"read", "malformed_msgpack", "invalid_utf8", "invalid_request", "missing_field"}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    with pytest.raises(ProblemError):  # sixty bytes cannot hold a whole study
        PACKED.decode(body, LIMIT)
