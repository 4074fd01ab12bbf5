from __future__ import annotations

import base64

import msgspec
import numpy as np

from service.api.wire.target import Target, digested, numbers, to_core
from service.calibration.errors import Problem
from service.calibration.layouts import target as core
from service.calibration.layouts.labels import Labels


def read(sent) -> tuple[core.Target | None, list[tuple[str, str]]]:
    problems: list[Problem] = []
    found = to_core(
        None if sent is None else msgspec.json.decode(msgspec.json.encode(sent), type=Target), problems, "/p"
    )
    return found, [(p.pointer, p.code) for p in problems]


def test_margins_arrive() -> None:
    found, problems = read({"margins": {"sex": {"f": 0.51, "m": 0.49}, "age": 47.2}})
    assert problems == []
    assert found == core.Target({"sex": {"f": 0.51, "m": 0.49}, "age": 47.2})
    assert read(None) == (None, [])


def test_rows_arrive_as_columns() -> None:
    found, problems = read({"covariates": {"sex": ["f", "m", None], "age": [30, 40, None]}})
    assert problems == []
    assert found is not None
    (_, sex), (_, age) = found.covariates
    assert isinstance(sex, Labels)
    assert np.array_equal(age, [30.0, 40.0, np.nan], equal_nan=True)


def test_exactly_one_form() -> None:
    assert read({}) == (None, [("/p", "target_form")])
    assert read({"margins": {"age": 3}, "covariates": {"age": [3]}}) == (None, [("/p", "target_form")])


def test_wrong_columns_have_their_place() -> None:
    assert read({"covariates": {"a/b": [1, "x"]}})[1] == [("/p/covariates/a~1b/1", "mixed_column")]


def test_the_digest_does_not_know_how_rows_were_sent() -> None:
    data = base64.b64encode(np.array([30.0, 40.0]).tobytes()).decode()
    names = base64.b64encode(np.array([1, -1], dtype="<i2").tobytes()).decode()
    listed, _ = read({"covariates": {"age": [30, 40], "sex": ["m", None]}})
    binary, _ = read(
        {
            "covariates": {
                "age": {"dtype": "<f8", "data": data},
                "sex": {"dtype": "<i2", "data": names, "categories": ["f", "m"]},
            }
        }
    )
    others = [{"age": [40, 30], "sex": ["m", None]}, {"age": [30, 40], "sex": ["f", None]}, {"age": [30, 40]}]
    told = [digested(read({"covariates": rows})[0]) for rows in others]
    assert digested(listed) == digested(binary)
    assert digested(listed) not in told
    assert digested(None) is None


def test_rows_are_counted() -> None:
    rows = {"age": [30, 40, None], "sex": {"dtype": "<i2", "data": "AAABAA==", "categories": ["f", "m"]}}
    assert numbers(msgspec.json.decode(msgspec.json.encode({"covariates": rows}), type=Target)) == 5
    assert numbers(Target({"age": 3.0})) == numbers(None) == 0
