from __future__ import annotations

import json
import random
import time

import msgspec
import pytest

from service.api.reading.csv_request import CsvDecoder
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.study import Study

DECODER = CsvDecoder(Study)
NAMES = {
    "layout": "table",
    "outcomes": {"trust": "y"},
    "arm": "condition",
    "covariates": {"sex": "sex"},
    "weight": "w",
}
BODY = b'"","y","condition","sex","w"\n"1",3,"c","f",1.5\n"2",,,"m",1\n'
SAME = {
    "data": {
        "layout": "table",
        "outcomes": {"trust": [3, None]},
        "arm": ["c", None],
        "covariates": {"sex": ["f", "m"]},
        "weight": [1.5, 1],
    },
    "plan": {"estimator": "ppi"},
}


def read(body: bytes = BODY, data: object = NAMES, plan: object = {"estimator": "ppi"}, limit: int = 1000) -> Study:
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in (("data", data), ("plan", plan))}
    return DECODER.decode(body, {name: text for name, text in texts.items() if text}, limit)


def refused(body: bytes = BODY, data: object = NAMES, plan: object = "") -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        read(body, data, plan)
    return caught.value


def found(*args, **fields) -> list[tuple[str, str]]:
    return [(e.pointer, e.code) for e in refused(*args, **fields).errors]


def test_it_is_the_struct_of_the_json_table() -> None:
    assert read() == StrictDecoder(Study).decode(json.dumps(SAME).encode())
    assert read(plan="").plan is None


def test_a_lists_of_objects_with_columns_is_followed() -> None:
    data = {"layout": "arrays", "arms": [{"name": "all", "human": "y", "llm": "w"}]}
    assert read(b"y,w\n1,2\n3,4\n", data).data.arms[0].llm == [2, 4]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("NA", "r_na_string"),
        ("NaN", "r_na_string"),
        ("TRUE", "r_logical"),
        ('"1,5"', "number_as_string"),
        (" 1", "number_as_string"),
        ("high", "wrong_type"),
        ("1e999", "numeric_overflow"),
    ],
)
def test_cells_that_are_no_numbers_have_their_place_and_a_hint(cell: str, code: str) -> None:
    problem = refused(f"y,condition,sex,w\n1,c,f,1\n{cell},c,f,2\n".encode())
    (error,) = problem.errors
    assert (error.pointer, error.code) == ("/data/outcomes/trust/1", code)
    assert ("row 2 below the header" in error.hint) == (code != "numeric_overflow")
    assert "null" not in error.hint or code == "numeric_overflow"


def test_an_empty_cell_where_a_value_is_needed() -> None:
    assert found(b"y,condition,sex,w\n1,c,f,1\n1,c,f,\n") == [("/data/weight/1", "null_not_allowed")]


def test_every_problem_of_query_and_file_is_listed() -> None:
    data = NAMES | {"arm": "arms", "weight": [1, 2], "layuot": 1}
    body = b"y,condition,sex,w\n1,c,f,1\n2,c\nNA,c,f,x\n"
    assert sorted(found(body, data, {"estimator": "pppi"})) == [
        ("", "ragged_row"),
        ("/data/arm", "unknown_column"),
        ("/data/layuot", "unknown_field"),
        ("/data/outcomes/trust/1", "r_na_string"),
        ("/data/weight", "wrong_type"),
        ("/plan/estimator", "unknown_value"),
    ]


def test_one_column_in_many_places_counts_in_each() -> None:
    data = {"layout": "table", "outcomes": {"y": "y"}, "covariates": {f"x{k}": "y" for k in range(100)}}
    assert refused(b"y\n" + b"1\n" * 10, data).code == "too_many_numbers"
    assert len(read(b"y\n" + b"1\n" * 9, data).data.covariates) == 100


def test_an_unknown_column_comes_with_the_closest_that_exists() -> None:
    (error,) = refused(data=NAMES | {"arm": "conditon"}).errors
    assert (error.pointer, error.hint) == ("/data/arm", "Did you mean 'condition'?")
    (error,) = refused(data=NAMES | {"arm": "zzz"}).errors
    assert error.hint == "Columns of the file: 'y', 'condition', 'sex', 'w'."


@pytest.mark.parametrize(
    ("data", "plan", "code"),
    [
        ("{", "", "malformed_json"),
        ("", "", "missing_field"),
        ("[]", "", "empty_list_for_object"),
        ('{"layout": "table", "layout": "table"}', "", "duplicate_key"),
        (NAMES, '{"estimator": NaN}', "nan_literal"),
        (NAMES, "[" * 200, "too_deep"),
        ({"outcomes": {}}, "", "missing_field"),
        ({"layout": "tables"}, "", "unknown_value"),
        ({"layout": "table"}, "", "missing_field"),
        ({"layout": "table", "outcomes": {"y": {"dtype": "<f8", "data": "AAAA"}}}, "", "wrong_type"),
        ({"layout": "table", "outcomes": "y"}, "", "wrong_type"),
    ],
)
def test_what_is_wrong_with_the_query(data: object, plan: object, code: str) -> None:
    problem = refused(data=data, plan=plan)
    assert problem.code == code
    assert ("query parameter" in problem.detail) == (not problem.errors)


def test_numbers_of_any_size_in_the_plan_are_refused_as_in_json() -> None:
    assert found(plan={"confidence_level": 10**400}) == [("/plan/confidence_level", "numeric_overflow")]
    assert read(plan={"replicates": 1000.0}).plan.replicates == 1000


def test_mutated_requests_are_refused_or_read() -> None:
    rng = random.Random(9)
    data, plan = json.dumps(NAMES).encode(), b'{"estimator": "ppi"}'
    seen: set[str] = set()
    for _ in range(4000):
        parts = [bytearray(BODY), bytearray(data), bytearray(plan)]
        for _ in range(rng.randint(1, 3)):
            part = rng.choice(parts)
            part[rng.randrange(len(part))] = rng.randrange(128)
        try:
            study = DECODER.decode(parts[0], {"data": parts[1].decode(), "plan": parts[2].decode()}, 1000)
            msgspec.json.encode(study)
            seen.add("read")
        except ProblemError as problem:
            assert all(e.detail and e.hint for e in problem.errors)  # noqa: PT017 - either way is fine, this one is checked
            seen.add(problem.code)
    assert seen > {"read", "malformed_json", "malformed_csv", "unknown_column", "ragged_row", "invalid_request"}


def test_many_unknown_columns_are_counted_and_cheap() -> None:
    data = {"layout": "table", "outcomes": {f"o{i}": f"column {i}" for i in range(2000)}}
    header = ",".join(f"name {i}" for i in range(20_000))
    started = time.process_time()
    with pytest.raises(ProblemError) as caught:
        read(header.encode(), data, limit=10**6)
    assert (len(caught.value.errors), caught.value.total) == (100, 2000)
    assert time.process_time() - started < 10
