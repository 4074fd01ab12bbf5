from __future__ import annotations

import json
import tracemalloc

import pyarrow as pa
import pytest

from service.api.reading.arrow_request import ArrowDecoder
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import BinaryArray
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.api.reading.streams import COLUMNS, stream

DECODER = ArrowDecoder(CalibrationRequest)
NAMES = {
    "layout": "table",
    "outcomes": {"trust": "y"},
    "arm": "condition",
    "covariates": {"sex": "sex"},
    "human": "told",
}
PLAN = {"estimator": "ppi"}
SAME = {
    "data": {
        "layout": "table",
        "outcomes": {"trust": [3, None, 2.5]},
        "arm": ["c", None, "t"],
        "covariates": {"sex": ["f", "m", "f"]},
        "human": [True, False, True],
    },
    "plan": PLAN,
}
GOOD = COLUMNS | {"told": pa.array([True, False, True])}


def query(data: object = NAMES, plan: object = PLAN) -> dict[str, str]:
    return {"data": json.dumps(data), "plan": json.dumps(plan)}


def refused(body: bytes, parameters: dict[str, str]) -> ProblemError:
    assert DECODER.columns(body, parameters, 1000) is None
    with pytest.raises(ProblemError) as caught:
        DECODER.decode(body, parameters, 1000)
    return caught.value


def test_it_is_the_struct_of_the_json_table() -> None:
    expected = StrictDecoder(CalibrationRequest).decode(json.dumps(SAME).encode())
    assert DECODER.decode(stream(GOOD), query(), 1000) == expected
    beside = {name: json.dumps(value) for name, value in (("data", NAMES), ("plan", PLAN))}
    assert DECODER.decode(stream(GOOD, beside), {}, 1000) == expected
    assert DECODER.decode(stream(GOOD, {"data": beside["data"]}), {"plan": beside["plan"]}, 1000) == expected


def test_columns_are_binary_arrays_where_these_may_stand() -> None:
    found = DECODER.columns(stream(GOOD), query(), 1000)
    assert isinstance(found.data.outcomes["trust"], BinaryArray)
    assert found.data.covariates["sex"] == ["f", "m", "f"]
    assert found.data.human == [True, False, True]
    assert found.plan.estimator == "ppi"


def test_a_long_name_in_every_row_is_held_once() -> None:
    """Whatever is wrong elsewhere: 30 kB took 184 MB."""
    name = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int8()), pa.array(["x" * 20_000]))
    body = stream({"g": name, "y": pa.array([0] * 5000, pa.int8())})
    asked = query({"layout": "table", "outcomes": {"y": "y"}, "subgroup": "g", "unit": "g"}, {"estimator": 5})
    tracemalloc.start()
    try:
        with pytest.raises(ProblemError) as caught:
            DECODER.decode(body, asked, 20_000)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert [(e.pointer, e.code) for e in caught.value.errors] == [("/plan/estimator", "wrong_type")]


def test_one_column_in_many_places_counts_in_each() -> None:
    asked = query({"layout": "table", "outcomes": {"y": "y"}, "covariates": {f"x{k}": "y" for k in range(100)}})
    assert refused(stream({"y": pa.array([1.0] * 10)}), asked).code == "too_many_numbers"
    assert DECODER.columns(stream({"y": pa.array([1.0] * 9)}), asked, 1000) is not None


def test_what_stands_twice_is_refused() -> None:
    assert refused(stream(GOOD, {"plan": "{}"}), query()).code == "unknown_parameter"
    assert refused(stream(GOOD, {"plan": "{"}), {"data": query()["data"]}).code == "malformed_json"


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"arm": "y"}, "/data/arm", "wrong_type"),
        ({"arm": "condition "}, "/data/arm", "unknown_column"),
        ({"weight": "sex"}, "/data/weight", "wrong_type"),
        ({"weight": "days"}, "/data/weight", "wrong_type"),
        ({"human": "n"}, "/data/human", "wrong_type"),
        ({"human": "holes"}, "/data/human/2", "null_not_allowed"),
        ({"arm": 3}, "/data/arm", "wrong_type"),
        ({"layuot": "x"}, "/data/layuot", "unknown_field"),
    ],
)
def test_every_problem_has_its_place(changes: dict, place: str, code: str) -> None:
    more = {
        "days": pa.array([1, 2, 3], pa.date32()),
        "holes": COLUMNS["told"],
    }
    (error,) = refused(stream(GOOD | more), query(NAMES | changes)).errors
    assert (error.pointer, error.code) == (place, code)
    assert error.hint


def test_infinity_is_refused_with_its_place_and_one_code_however_it_is_read() -> None:
    columns = {"far": pa.array([1, float("-inf"), 2]), "nan": pa.array([1, float("nan"), 2])}
    problem = refused(stream(GOOD | columns), query(NAMES | {"outcomes": {"y": "far"}}))
    assert [(e.pointer, e.code) for e in problem.errors] == [("/data/outcomes/y/1", "numeric_overflow")]
    assert DECODER.columns(stream(GOOD | columns), query(NAMES | {"outcomes": {"y": "nan"}}), 1000) is not None


def test_columns_of_nulls_alone_are_those_of_json() -> None:
    body = stream(GOOD | {"none": pa.nulls(3)})
    for way in (DECODER.columns, DECODER.decode):
        found = way(body, query(NAMES | {"arm": "none", "subgroup": "none"}), 1000).data
        assert (found.arm, found.subgroup) == ([None] * 3, [None] * 3)
    (error, *_) = refused(body, query(NAMES | {"human": "none"})).errors
    assert (error.pointer, error.code) == ("/data/human/0", "null_not_allowed")


def test_an_empty_name_is_left_to_the_core() -> None:
    body = stream(GOOD | {"condition": pa.array(["c", "", None])})
    for way in (DECODER.columns, DECODER.decode):
        assert way(body, query(), 1000).data.arm == ["c", "", None]
