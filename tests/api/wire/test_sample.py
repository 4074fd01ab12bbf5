from __future__ import annotations

import base64
import copy
import json

import msgspec
import numpy as np
import pytest

from service.api.wire.sample import Data, numbers, to_core
from service.calibration.errors import InvalidSample
from service.calibration.sample import Sample

ARRAYS = {
    "layout": "arrays",
    "arms": [
        {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
        {"name": "treatment", "human": [4, 5, 4, None], "llm": [4, 4, 5, 5]},
    ],
}
TABLE = {
    "layout": "table",
    "prediction_design": "shared",
    "arm": ["control", "treatment", "control", "treatment", "control", "treatment", None],
    "outcomes": {"trust": [3, 4, 2, 5, 4, 4, None]},
    "predictions": [
        {"model": "gpt", "arm": "control", "values": [3.7, 4.3, 3.2, 4.1, 3.9, 3.0, 3.1]},
        {"model": "gpt", "arm": "treatment", "values": [4.2, 5.6, 4.5, 4.4, 4.0, 4.1, 4.2]},
    ],
    "covariates": {"age": [34, 51, 28, 44, 39, 60, 33], "sex": ["f", "m", "f", "m", "m", "f", "m"]},
    "unit": ["u1", "u2", "u3", "u4", "u5", "u6", "u7"],
    "human": [True] * 6 + [False],
}
MOMENTS = {
    "layout": "moments",
    "prediction_design": "shared",
    "predictions": [{"model": "gpt", "arm": "control"}, {"arm": "treatment"}],
    "arms": [
        {"name": a, "n": 60, "mean": [2.9, 3.1, 3.6], "covariance": [[1.4, 0.8, 0.7], [0.8, 1.1, 0.6], [0.7, 0.6, 1.2]]}
        for a in ("control", "treatment")
    ],
    "llm_only": [{"arm": None, "n": 600, "mean": [3.2, 3.7], "covariance": [[1.1, 0.6], [0.6, 1.2]]}],
}


def decoded(document: dict) -> Data:
    return msgspec.json.decode(json.dumps(document), type=Data)


def read(document: dict, missing: str = "error") -> Sample:
    return to_core(decoded(document), missing)


def refused(document: dict) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        read(document)
    return [(p.pointer, p.code) for p in found.value.problems]


def changed(document: dict, **fields) -> dict:
    return {**copy.deepcopy(document), **fields}


def packed(values, dtype: str = "<f8", **more) -> dict:
    return {"dtype": dtype, "data": base64.b64encode(np.array(values, dtype=dtype).tobytes()).decode(), **more}


def test_arrays() -> None:
    sample = read(ARRAYS, "drop_unit")
    assert sample.arms == ("control", "treatment")
    assert [s.n for s in sample.human] == [4, 3]
    assert [s and s.n for s in sample.llm_only] == [5, None]
    assert sample.n_dropped == 1
    assert refused(ARRAYS) == [("/data/arms/1/human/3", "missing_human_answer")]


def test_arrays_in_binary_are_the_same_sample() -> None:
    document = copy.deepcopy(ARRAYS)
    for arm in document["arms"]:
        for name in ("human", "llm", "llm_only"):
            if name in arm:
                arm[name] = packed([np.nan if v is None else v for v in arm[name]])
    for ours, theirs in zip(read(document, "drop_unit").human, read(ARRAYS, "drop_unit").human, strict=True):
        assert ours.y.tolist() == theirs.y.tolist()
        assert ours.c.tolist() == theirs.c.tolist()


def test_problems_of_every_binary_column_come_together() -> None:
    arms = [{"name": "a", "human": {"dtype": "<f8", "data": "AAAA"}, "llm": packed([0], "<i2", categories=["x"])}]
    assert refused({"layout": "arrays", "arms": arms}) == [
        ("/data/arms/0/human/data", "bad_length"),
        ("/data/arms/0/llm", "mixed_column"),
    ]


def test_table() -> None:
    sample = read(TABLE)
    assert (sample.arms, sample.outcome, sample.shared) == (("control", "treatment"), "trust", True)
    names = ["gpt under control", "gpt under treatment", "age", "sex (level 2)"]
    assert [c.name for c in sample.columns] == names
    assert ([s.n for s in sample.human], sample.llm_only[0].n) == ([3, 3], 1)


def test_a_table_with_defaults_only() -> None:
    sample = read({"layout": "table", "outcomes": {"y": [1, 2, 4, None]}, "predictions": [{"values": [1, 2, 3, 4]}]})
    assert (sample.arms, sample.models) == (("all",), ("llm",))
    assert read({"layout": "table", "outcomes": {"y": [1, 2, 4]}}).columns == ()


def test_prediction_columns_carry_what_is_said_of_them() -> None:
    columns = [
        {"values": [1, None, 3, 4, 5, 6, 7], "model": "a", "fill": 9, "outcome": "trust", "draw": 0},
        {"values": [1, 2, None, 4, 5, 6, 7], "model": "b", "fill": "mean"},
        {"values": [1, 2, 3, 4, 5, 6, 8], "model": "c", "population_mean": 2.5},
    ]
    sample = read(changed(TABLE, predictions=columns))
    a, a_missing, b, b_missing, c = sample.columns[:5]
    assert sample.human[1].c[0].tolist() == [9.0, 4.0, 6.0]
    assert (a_missing.kind, b_missing.kind, c.population_mean) == ("refusal", "refusal", 2.5)
    assert sample.human[0].c[2].tolist() == [1.0, pytest.approx(25 / 6), 5.0]
    assert (a.model, b.model) == ("a", "b")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"outcomes": {}}, [("/data/outcomes", "no_outcome")]),
        ({"outcomes": {"a": [1], "b": [2]}}, [("/data/outcomes", "unsupported_combination")]),
        (
            {"weight": [1.0], "cluster": ["a"], "stratum": [1], "sampling_probability": [0.5], "subgroup": ["x"]},
            [
                (f"/data/{name}", "unsupported_combination")
                for name in ("weight", "cluster", "stratum", "sampling_probability", "subgroup")
            ],
        ),
        ({"unit": ["u"] * 7}, [(f"/data/unit/{i}", "duplicate_unit") for i in range(1, 7)]),
        ({"unit": ["u"]}, [("/data/unit", "length_mismatch")]),
        ({"covariates": {"a/b": ["x", 1, "y", "z", "x", "y", "z"]}}, [("/data/covariates/a~1b/1", "mixed_column")]),
        (
            {"predictions": [{"values": [1] * 7, "category": "yes", "outcome": "other"}]},
            [
                ("/data/predictions/0/category", "unsupported_combination"),
                ("/data/predictions/0/outcome", "unknown_outcome"),
            ],
        ),
        ({"arm": packed([0] * 7)}, [("/data/arm", "missing_categories")]),
        ({"human": [True]}, [("/data/human", "length_mismatch")]),
    ],
)  # fmt: skip
def test_refusals_of_a_table(fields: dict, expected: list[tuple[str, str]]) -> None:
    assert refused(changed(TABLE, **fields)) == expected


def test_names_as_binary_categories_are_the_same_sample() -> None:
    arm = packed([0, 1, 0, 1, 0, 1, -1], "|i1", categories=["control", "treatment"])
    sex = packed([0, 1, 0, 1, 1, 0, 1], "<i2", categories=["f", "m"])
    document = changed(TABLE, arm=arm, covariates={"age": TABLE["covariates"]["age"], "sex": sex})
    for ours, theirs in zip(read(document).human, read(TABLE).human, strict=True):
        assert ours.c.tolist() == theirs.c.tolist()


def test_moments() -> None:
    sample = read(MOMENTS)
    assert (sample.arms, sample.shared, sample.has_rows) == (("control", "treatment"), True, False)
    assert [(c.model, c.arm) for c in sample.columns] == [("gpt", "control"), ("llm", "treatment")]
    assert sample.human[0].covariance().tolist() == pytest.approx(np.array(MOMENTS["arms"][0]["covariance"]))
    assert sample.llm_only[0].n == 600
    assert read(changed(MOMENTS, llm_only=None)).llm_only == (None,)


@pytest.mark.parametrize(
    ("covariance", "code"),
    [([[1.0, 2.0], [3.0]], "length_mismatch"), ([], "length_mismatch"), ([[]], "length_mismatch"), ([[1.0]], None)],
)
def test_matrices_that_are_none(covariance: list[list[float]], code: str | None) -> None:
    """Rows of different length, no rows, empty rows; and a 1 x 1 matrix without any prediction, which is one."""
    arm = {"name": "a", "n": 9, "mean": [1.0], "covariance": covariance}
    document = {"layout": "moments", "predictions": [], "arms": [arm]}
    if code is None:
        assert read(document).human[0].n == 9
    else:
        assert refused(document) == [("/data/arms/0/covariance", code)]


@pytest.mark.parametrize(("document", "expected"), [(ARRAYS, 21), (TABLE, 7 + 14 + 14), (MOMENTS, 18)])
def test_numbers_are_counted(document: dict, expected: int) -> None:
    assert numbers(decoded(document)) == expected


def test_bytes_count_as_the_numbers_they_hold() -> None:
    document = {"layout": "arrays", "arms": [{"name": "a", "human": packed([1, 2, 3], "<i2")}]}
    assert numbers(decoded(document)) == 3
