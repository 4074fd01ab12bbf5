from __future__ import annotations

import copy
import json
import random
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.study import Study

DECODER = StrictDecoder(Study)
GOOD = {
    "data": {"layout": "arrays", "arms": [{"name": "control", "human": [3, 4, 2.5], "llm": [3, None, 2]}]},
    "plan": {"estimator": "ppi", "replicates": 99, "costs": {"human": 5.0}},
}
TABLE = {
    "data": {"layout": "table", "arm": ["c", None], "outcomes": {"trust": [3, 4]}, "covariates": {"sex": ["f", "m"]}}
}


def refused(document: object) -> ProblemError:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(ProblemError) as caught:
        DECODER.decode(body)
    return caught.value


def found(document: object) -> list[tuple[str, str]]:
    return [(e.pointer, e.code) for e in refused(document).errors]


def changed(pointer: str, value: object, document: dict = GOOD) -> dict:
    """A copy of the document with one place replaced."""
    copied = copy.deepcopy(document)
    *path, last = [int(p) if p.isdigit() else p for p in pointer.split("/")[1:]]
    place = copied
    for step in path:
        place = place[step]
    place[last] = value
    return copied


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


@pytest.mark.parametrize(
    ("pointer", "value", "expected"),
    [
        ("/data/arms/0/human/1", "NA", ("/data/arms/0/human/1", "r_na_string")),
        ("/data/arms/0/human/1", "NaN", ("/data/arms/0/human/1", "r_na_string")),
        ("/data/arms/0/human/1", "", ("/data/arms/0/human/1", "r_na_string")),
        ("/data/arms/0/human/1", "1.5", ("/data/arms/0/human/1", "number_as_string")),
        ("/data/arms/0/human/1", "high", ("/data/arms/0/human/1", "wrong_type")),
        ("/data/arms/0/human/1", True, ("/data/arms/0/human/1", "r_logical")),
        ("/data/arms/0/human/1", "FALSE", ("/data/arms/0/human/1", "r_logical")),
        ("/data/arms/0/human/1", [1], ("/data/arms/0/human/1", "wrong_type")),
        ("/data/arms/0/human/1", {"y": 1}, ("/data/arms/0/human/1", "rows_not_columns")),
        ("/data/arms/0/human/1", 10**400, ("/data/arms/0/human/1", "numeric_overflow")),
        ("/data/arms/0/human", [{"y": 1}, {"y": 2}], ("/data/arms/0/human/0", "rows_not_columns")),
        ("/data/arms/0/human", 3, ("/data/arms/0/human", "scalar_for_array")),
        ("/data/arms/0/human", "NA", ("/data/arms/0/human", "scalar_for_array")),
        ("/data/arms/0/human", None, ("/data/arms/0/human", "null_value")),
        ("/data/arms/0/human", {"dtype": "<f2", "data": ""}, ("/data/arms/0/human/dtype", "unknown_value")),
        ("/data/arms/0/name", "", ("/data/arms/0/name", "out_of_range")),
        ("/data/arms/0/name", 3, ("/data/arms/0/name", "wrong_type")),
        ("/data/arms/0/humans", [1], ("/data/arms/0/humans", "unknown_field")),
        ("/data/arms", [], ("/data/arms", "out_of_range")),
        ("/data/arms", {}, ("/data/arms", "wrong_type")),
        ("/data/arms", [3], ("/data/arms/0", "wrong_type")),
        ("/data/layout", "array", ("/data/layout", "unknown_value")),
        ("/data/layout", 3, ("/data/layout", "unknown_value")),
        ("/data/layout", None, ("/data/layout", "unknown_value")),
        ("/data", [], ("/data", "empty_list_for_object")),
        ("/data", [{"arm": "c", "y": 1}], ("/data", "rows_not_columns")),
        ("/data", [1], ("/data", "wrong_type")),
        ("/data", None, ("/data", "null_value")),
        ("/data", "x", ("/data", "wrong_type")),
        ("/plan/estimator", "pppi", ("/plan/estimator", "unknown_value")),
        ("/plan/estimator", 1, ("/plan/estimator", "wrong_type")),
        ("/plan/confidence_level", 95, ("/plan/confidence_level", "out_of_range")),
        ("/plan/confidence_level", "0.95", ("/plan/confidence_level", "number_as_string")),
        ("/plan/replicates", 1.5, ("/plan/replicates", "not_an_integer")),
        ("/plan/replicates", 0, ("/plan/replicates", "out_of_range")),
        ("/plan/replicates", 1e5, ("/plan/replicates", "out_of_range")),
        ("/plan/compare", 1, ("/plan/compare", "wrong_type")),
        ("/plan/compare", "TRUE", ("/plan/compare", "wrong_type")),
        ("/plan/costs", [], ("/plan/costs", "empty_list_for_object")),
        ("/plan/costs/human", -1, ("/plan/costs/human", "out_of_range")),
        ("/plan/target", {}, ("/plan/target", "wrong_type")),
    ],
)
def test_each_departure_has_its_place_and_code(pointer: str, value: object, expected: tuple[str, str]) -> None:
    assert found(changed(pointer, value)) == [expected]


def test_pointers_are_escaped() -> None:
    assert found(changed("/plan/costs", {"a/b~c": None})) == [("/plan/costs/a~1b~0c", "null_value")]


def test_a_number_too_large_for_a_double_is_named() -> None:
    body = json.dumps(changed("/data/arms/0/human/2", 77)).replace("77", "-1e999").encode()
    assert found(body) == [("/data/arms/0/human/2", "numeric_overflow")]
    body = json.dumps(changed("/plan/replicates", 77)).replace("77", "1e999").encode()
    assert found(body) == [("/plan/replicates", "numeric_overflow")]


def test_missing_fields_and_tags_are_named_with_their_object() -> None:
    assert found({}) == [("", "missing_field")]
    assert found({"data": {}}) == [("/data", "missing_field")]
    assert "'layout'" in refused({"data": {}}).errors[0].detail
    assert found({"data": {"layout": "arrays", "arms": [{}]}}) == [("/data/arms/0", "missing_field")] * 2


def test_a_label_column_takes_strings_and_numbers_but_nothing_else() -> None:
    DECODER.decode(json.dumps(changed("/data/covariates/sex", ["f", 3, None], TABLE)).encode())
    assert found(changed("/data/covariates/sex/1", True, TABLE)) == [("/data/covariates/sex/1", "r_logical")]
    assert found(changed("/data/arm/0", 3, TABLE)) == [("/data/arm/0", "wrong_type")]
    assert found(changed("/data/arm", "c", TABLE)) == [("/data/arm", "scalar_for_array")]


def test_every_problem_is_listed_structure_first() -> None:
    broken = changed("/data/arms/0/human", [1, "NA", 2, True])
    broken["plan"] = {"estimater": "ppi", "replicates": 0}
    assert found(broken) == [
        ("/plan/estimater", "unknown_field"),
        ("/data/arms/0/human/1", "r_na_string"),
        ("/data/arms/0/human/3", "r_logical"),
        ("/plan/replicates", "out_of_range"),
    ]
    assert refused(broken).code == "invalid_request"


def test_the_code_is_the_common_one() -> None:
    assert refused(changed("/data/arms/0/human", ["NA", "NA"])).code == "r_na_string"


def test_at_most_a_hundred_are_listed_and_all_are_counted() -> None:
    problem = refused(changed("/data/arms/0/human", ["NA"] * 1000))
    assert (len(problem.errors), problem.total) == (100, 1000)


def test_structure_is_not_crowded_out_by_contents() -> None:
    broken = changed("/data/arms/0/human", ["NA"] * 1000)
    broken["zzz"] = 1
    assert found(broken)[0] == ("/zzz", "unknown_field")


def test_the_hint_names_the_closest_field() -> None:
    assert "'human'" in refused(changed("/data/arms/0/humans", [1])).errors[0].hint
    assert "'ppi'" in refused(changed("/plan/estimator", "pppi")).errors[0].hint


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


def test_the_place_of_a_failure_we_cannot_explain_comes_from_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.inspection.Inspection.visit", lambda *_, **__: None)
    problem = refused(changed("/data/arms/0/human/1", "Zaphod"))
    assert [(e.pointer, e.code) for e in problem.errors] == [("/data/arms/0/human/1", "wrong_type")]
    assert "Zaphod" not in problem.detail


def test_a_million_numbers_cost_the_second_look_nothing() -> None:
    from service.web.json_scan import duplicate_key

    body = b'{"a":[' + b"1.5," * 10**6 + b"0]}"
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        assert duplicate_key(body) is None
    finally:
        sys.setprofile(None)
    assert calls < 10
