from __future__ import annotations

import msgspec
import numpy as np
import pytest

from service.api.wire.layouts import table
from service.calibration.layouts.reading import Reading
from service.calibration.plan import Model
from tests.api.wire.layouts.study import TABLE, changed, packed, read, refused


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


def test_a_prediction_of_a_covariate_is_an_imputed_column() -> None:
    data = {
        "layout": "table",
        "outcomes": {"y": [1, 2, 4, None, None]},
        "covariates": {"x": [3, 5, 4, None, None]},
        "predictions": [{"values": [1, 2, 3, 4, 5]}, {"values": [9, 8, 7, 6, 5], "covariate": "x"}],
    }
    (sample,) = table.to_core(msgspec.convert(data, table.Table), "error", Reading(None, Model(("x",), called="with")))
    assert [(c.kind, c.covariate) for c in sample.columns] == [("prediction", None), ("imputed", "x")]
    assert sample.llm_only[0].x.tolist() == [[6.0, 5.0]]
    ((place, code),) = refused(changed(data, covariates={"x": [3, 5, 4, 1, 2]}))
    assert (place, code) == ("/data/predictions/1/covariate", "unsupported_combination")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"outcomes": {}}, [("/data/outcomes", "no_outcome")]),
        ({"subgroup": ["x"]}, [("/data/subgroup", "length_mismatch")]),
        ({"subgroup": ["x", None, "x", "y", 1, "y", "z"]}, [("/data/subgroup/4", "mixed_column")]),
        (
            {"subgroup": ["x", None, "x", "y", "y", "y", None]},
            [("/data/subgroup/1", "missing_subgroup"), ("/data/subgroup/6", "missing_subgroup")],
        ),
        ({"unit": ["u"] * 7}, [(f"/data/unit/{i}", "duplicate_unit") for i in range(1, 7)]),
        ({"unit": ["u"]}, [("/data/unit", "length_mismatch")]),
        ({"covariates": {"a/b": ["x", 1, "y", "z", "x", "y", "z"]}}, [("/data/covariates/a~1b/1", "mixed_column")]),
        (
            {"predictions": [{"values": [1] * 7, "category": "yes", "outcome": "other"}]},
            [
                ("/data/predictions/0/outcome", "unknown_outcome"),
                ("/data/predictions/0/category", "unsupported_combination"),
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


def test_a_column_that_must_hold_numbers_says_what_its_strings_are() -> None:
    fields = {"outcomes": {"trust": [3, "NA", 2, "1.5", 4, 4, None]}}
    assert refused(changed(TABLE, **fields)) == [
        ("/data/outcomes/trust/1", "r_na_string"),
        ("/data/outcomes/trust/3", "number_as_string"),
    ]
    column = {"model": "gpt", "values": ["TRUE", 1, 1, 1, 1, 1, None]}
    assert refused(changed(TABLE, predictions=[column])) == [("/data/predictions/0/values/0", "r_logical")]


def test_the_survey_design() -> None:
    fields = {"weight": [1, 2, 1, 2, 1, 2, 5], "cluster": ["a", "a", "b", "b", "c", "c", "a"],
              "sampling_probability": [0.5, 0.5, 0.5, 0.2, 0.2, 0.2, None]}  # fmt: skip
    sample = read(changed(TABLE, **fields))
    assert sample.human[1].weight.tolist() == [2, 2, 2]
    assert [u.cluster.tolist() for u in (*sample.human, *sample.llm_only)] == [[0, 1, 2], [0, 1, 2], [0]]
    assert sample.human[1].sampling_probability.tolist() == [0.5, 0.2, 0.2]
    assert refused(changed(TABLE, weight=[1, 2, 0, 2, 1, 2, None])) == [
        ("/data/weight/2", "invalid_weight"), ("/data/weight/6", "invalid_weight"),
    ]  # fmt: skip
    assert refused(changed(TABLE, cluster=["a", 1, 1, 1, 1, 1, 1])) == [("/data/cluster/0", "mixed_column")]


def test_columns_are_counted_for_the_outcome_that_has_most() -> None:
    """A thousand outcomes with one prediction each are regressions on one column, not on a thousand."""
    columns = [table.PredictionColumn([1.0, 2.0], outcome=f"y{k}") for k in range(1000)]
    many = table.Table({f"y{k}": [1.0, 2.0] for k in range(1000)}, [*columns, columns[0]])
    assert table.shape(many)[0] == 2


@pytest.mark.parametrize("field", ["cluster", "stratum", "subgroup"])
def test_ids_that_are_rounded_to_one_number_are_refused(field: str) -> None:
    ids = [1, 2**53 - 1, 2**53 + 1, 2**53, -(2**53), 5, 6]
    for column in (ids, [float(v) for v in ids], packed(np.array(ids, dtype="<f8"))):
        found = refused(changed(TABLE, **{field: column}))
        assert found == [(f"/data/{field}/{i}", "numeric_overflow") for i in (2, 3, 4)]
