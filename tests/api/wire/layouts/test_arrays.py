from __future__ import annotations

import copy

import numpy as np
import pytest

from service.api.wire.sample import samples
from service.calibration.errors import InvalidSample
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.reading import Reading
from service.calibration.plan import Model
from tests.api.wire.layouts.study import ARRAYS, decoded, packed, read, refused


def test_arrays() -> None:
    sample = read(ARRAYS, "drop_unit")
    assert sample.arms == ("control", "treatment")
    assert [s.n for s in sample.human] == [4, 3]
    assert [s and s.n for s in sample.llm_only] == [5, None]
    assert sample.n_dropped == 1
    assert refused(ARRAYS) == [("/data/arms/1/human/3", "missing_human_answer")]


def test_categories_of_no_arm_at_all_are_refused_for_having_none() -> None:
    reading = Reading(Categories(), None)
    with pytest.raises(InvalidSample) as found:
        samples(decoded({"layout": "arrays", "arms": []}), "error", reading=reading)
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/data/arms", "no_arms")]


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


def test_strings_are_refused_where_numbers_belong() -> None:
    document = copy.deepcopy(ARRAYS)
    document["arms"][0]["human"][1] = "NA"
    document["arms"][1]["llm"][2] = "3"
    assert refused(document) == [
        ("/data/arms/0/human/1", "r_na_string"),
        ("/data/arms/1/llm/2", "number_as_string"),
    ]


@pytest.mark.parametrize("categories", [None, Categories()])
def test_terms_of_a_model_are_refused_as_there_are_no_covariates(categories: Categories | None) -> None:
    """They were left out without a word, and ``amce`` was an internal error."""
    model = Model(("age",), choice_set="task")
    with pytest.raises(InvalidSample) as found:
        samples(decoded(ARRAYS), "drop_unit", reading=Reading(categories, model))
    assert [(p.pointer, p.code) for p in found.value.problems] == [
        ("/plan/estimand/terms/0", "unknown_term"),
        ("/plan/estimand/choice_set", "unknown_term"),
    ]
    assert all("layout table" in p.hint for p in found.value.problems)
    assert samples(decoded(ARRAYS), "drop_unit", reading=Reading(categories, Model(treatment=True)))
