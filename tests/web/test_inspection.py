from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import pytest

from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.refusals import DECODER, TABLE, changed, found, refused


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
        ("/data/arms/0/human", None, ("/data/arms/0/human", "null_not_allowed")),
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
        ("/data", None, ("/data", "null_not_allowed")),
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
    assert found(changed("/plan/costs", {"a/b~c": None})) == [("/plan/costs/a~1b~0c", "null_not_allowed")]


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


def test_a_string_among_numbers_is_listed_beside_what_made_the_body_unreadable() -> None:
    """Alone it is no problem of the type, and what reads the column says so; with another it would need two tries."""
    broken = changed("/data/covariates/sex", [1, "NA", 2.5, None, True, "7"], TABLE)
    assert found(broken) == [
        ("/data/covariates/sex/1", "r_na_string"),
        ("/data/covariates/sex/5", "number_as_string"),
        ("/data/covariates/sex/4", "r_logical"),
    ]
    assert found(changed("/data/covariates/sex", ["f", "m", 3, True], TABLE)) == [
        ("/data/covariates/sex/3", "r_logical")
    ]


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


def test_at_most_a_hundred_are_listed_and_all_are_counted() -> None:
    problem = refused(changed("/data/arms/0/human", ["NA"] * 1000))
    assert (len(problem.errors), problem.total) == (100, 1000)


@pytest.mark.parametrize(
    "document",
    [
        {f"k{i}": 1 for i in range(99)},
        {"data": {"layout": "table", "outcomes": {f"k{i}": 1 for i in range(99)}}},
        {"data": {"layout": "arrays", "arms": [{"name": "", "human": []}] * 99}},
        {"data": {"layout": "arrays", "arms": [{"name": "a", "human": [True] * 99}]}},
    ],
)
def test_a_walk_ends_when_it_has_seen_enough(document: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = refused(document).total
    monkeypatch.setattr("service.web.inspection.MAX_STEPS", 30)
    assert whole >= 99
    assert 0 < refused(document).total <= 32


def test_a_problem_behind_the_end_of_the_walk_is_still_refused_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.inspection.MAX_STEPS", 1)
    assert found(changed("/data/arms/0/human/2", True)) == [("/data/arms/0/human/2", "wrong_type")]


def test_structure_is_not_crowded_out_by_contents() -> None:
    broken = changed("/data/arms/0/human", ["NA"] * 1000)
    broken["zzz"] = 1
    assert found(broken)[0] == ("/zzz", "unknown_field")


def test_the_hint_names_the_closest_field() -> None:
    assert "'human'" in refused(changed("/data/arms/0/humans", [1])).errors[0].hint
    assert "'ppi'" in refused(changed("/plan/estimator", "pppi")).errors[0].hint


class Odd(msgspec.Struct, forbid_unknown_fields=True):
    pair: tuple[int, float] | None = None
    anything: Any = None
    raw: msgspec.Raw = msgspec.Raw(b"null")
    few: Annotated[dict[Annotated[str, msgspec.Meta(min_length=1)], int], msgspec.Meta(max_length=1)] = {}
    rows: list[dict[str, int]] = []
    data: bytes = b""
    even: Annotated[float, msgspec.Meta(multiple_of=2)] = 0
    whole: Annotated[float, msgspec.Meta(multiple_of=1)] = 0


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"pair": [1, "x"]}, [("/pair/1", "wrong_type")]),
        ({"pair": [1.5, 1]}, [("/pair/0", "not_an_integer")]),
        ({"few": {"": 1}}, [("/few/", "out_of_range")]),
        ({"few": {"a": 1, "b": 2}}, [("/few", "out_of_range")]),
        ({"rows": [{"a": 1}, {"a": "x"}]}, [("/rows/1/a", "wrong_type")]),
        ({"data": "!"}, [("/data", "invalid_base64")]),
        ({"data": 3}, [("/data", "wrong_type")]),
        ({"even": 3}, [("/even", "out_of_range")]),
        ({"whole": 1.5}, [("/whole", "not_an_integer")]),
        ({"anything": {"x": [1, "NA"]}, "raw": [{}], "zzz": 1}, [("/zzz", "unknown_field")]),
    ],
)
def test_less_common_types(document: dict[str, object], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(ProblemError) as caught:
        StrictDecoder(Odd).decode(json.dumps(document).encode())
    assert [(e.pointer, e.code) for e in caught.value.errors] == expected


class Described(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str | None, msgspec.Meta(description="A name.")] = None
    sizes: Annotated[list[Annotated[int, msgspec.Meta(description="A size.")]] | None, msgspec.Meta(title="S")] = None
    either: (
        Annotated[int, msgspec.Meta(description="A number.")] | Annotated[str, msgspec.Meta(min_length=2)] | None
    ) = None


def test_descriptions_are_no_part_of_a_type() -> None:
    """What is right is not listed beside what is wrong, and what is wrong is told by what its type takes."""
    document = {"name": "n", "sizes": [1, 2.5], "either": "x", "more": 1}
    with pytest.raises(ProblemError) as refusal:
        StrictDecoder(Described).decode(json.dumps(document).encode())
    places = [(error.pointer, error.code) for error in refusal.value.errors]
    assert sorted(places) == [("/either", "out_of_range"), ("/more", "unknown_field"), ("/sizes/1", "not_an_integer")]
