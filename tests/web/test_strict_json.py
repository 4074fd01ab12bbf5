from __future__ import annotations

import copy
import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.refusals import DECODER, GOOD, TABLE, changed, refused
from tests.web.study import Study


def test_a_good_body_becomes_the_struct() -> None:
    study = DECODER.decode(json.dumps(GOOD).encode())
    assert study.data.arms[0].human == [3.0, 4.0, 2.5]
    assert study.plan.replicates == 99


def test_a_byte_order_mark_is_not_part_of_the_document() -> None:
    assert DECODER.decode(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == DECODER.decode(json.dumps(GOOD).encode())


def test_integral_floats_are_integers() -> None:
    body = json.dumps(changed("/plan/replicates", 9999)).replace("9999", "1e3").encode()
    replicates = DECODER.decode(body).plan.replicates
    assert replicates == 1000
    assert isinstance(replicates, int)


def test_the_code_is_the_common_one() -> None:
    assert refused(changed("/data/arms/0/human", ["NA", "NA"])).code == "r_na_string"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \n", "empty_body"),
        (b"{", "malformed_json"),
        (b'{"data": }', "malformed_json"),
        (b'{"data": "\\ud800"}', "malformed_json"),
        (b'{"data": 1} x', "malformed_json"),
        (b"\x00", "malformed_json"),
        (b'{"data": NaN}', "nan_literal"),
        (b'{"data": [1, -Infinity]}', "nan_literal"),
        (b'{"data": [1,\n NaN]}', "nan_literal"),
        (b'{"data": "\xff"}', "invalid_utf8"),
        ('{"data": "x"}'.encode("utf-16"), "malformed_json"),
        (b'{"data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
        (b'{"data": ' * 10_000, "too_deep"),
        (b"[" * 1_000_000, "too_deep"),
        (b'{"data": 1, "data": 2}', "duplicate_key"),
        (b'{"data": 1, "d\\u0061ta": 2}', "duplicate_key"),
    ],
)
def test_bytes_that_cannot_be_read(body: bytes, code: str) -> None:
    problem = refused(body)
    assert (problem.code, list(problem.errors)) == (code, [])


def test_a_duplicate_key_in_an_otherwise_good_body_is_refused() -> None:
    body = json.dumps(GOOD).replace('"ppi",', '"ppi", "estimator": "auto",').encode()
    assert refused(body).code == "duplicate_key"


@pytest.mark.parametrize("replicates", ["99", "99.0"])
def test_a_duplicate_key_is_refused_however_late_it_comes(replicates: str) -> None:
    one = msgspec.defstruct("One", [("a", int)])
    kind = msgspec.defstruct("Late", [("replicates", int), ("ones", list[one])])
    ones = ",".join(['{"a":1}'] * 100_000)
    body = f'{{"replicates":{replicates},"ones":[{ones}],"replicates":{replicates}}}'.encode()
    with pytest.raises(ProblemError, match="duplicate_key"):
        StrictDecoder(kind).decode(body)


def test_malformed_json_wins_over_an_earlier_wrong_type() -> None:
    assert refused(b'{"data": 3, "plan": [}').code == "malformed_json"


def test_no_value_of_a_person_is_repeated() -> None:
    secret = "Zaphod-4711"
    for pointer in ("/data/arms/0/human/1", "/data/arms/0/human", "/data/layout", "/plan/estimator", "/data", "/plan"):
        problem = refused(changed(pointer, secret))
        assert secret not in problem.detail + "".join(e.pointer + e.detail + e.hint for e in problem.errors)


REPLACEMENTS = [None, True, 0, -1, 1.5, 1e300, 10**400, "", "NA", "x", [], {}, [1], [{}], {"layout": "table"}, [["a"]]]


def places(node: object, at: str = "") -> list[str]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [p for key, child in children for p in (f"{at}/{key}", *places(child, f"{at}/{key}"))]


def test_a_refused_typed_decode_always_has_a_reason_with_a_place() -> None:
    rng = random.Random(7)
    typed = msgspec.json.Decoder(Study)
    refusals = 0
    for _ in range(3000):
        document = copy.deepcopy(rng.choice([GOOD, TABLE]))
        for _ in range(rng.randint(1, 3)):
            document = changed(rng.choice(places(document)), copy.deepcopy(rng.choice(REPLACEMENTS)), document)
        body = json.dumps(document).encode()
        try:
            typed.decode(body)
        except msgspec.ValidationError:
            problem = refused(body)
            refusals += 1
            assert problem.total == len(problem.errors) > 0
            assert all(e.detail and e.hint for e in problem.errors)
            assert all(e.pointer == "" or _parent_exists(document, e.pointer) for e in problem.errors)
    assert refusals > 1000


def _parent_exists(document: object, pointer: str) -> bool:
    *path, _last = pointer.split("/")[1:]
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return isinstance(document, (dict, list))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    with pytest.raises(ProblemError):  # sixty bytes cannot hold a whole study
        DECODER.decode(body)
