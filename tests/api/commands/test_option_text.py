from __future__ import annotations

import pytest

from service.api.commands import option_text as options
from service.api.commands.usage import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("col", {"values": "col"}),
        ("gpt=col", {"model": "gpt", "values": "col"}),
        ("gpt@control=col", {"model": "gpt", "arm": "control", "values": "col"}),
        ("@control=col", {"arm": "control", "values": "col"}),
        ("a@b@c=x=y", {"model": "a@b", "arm": "c", "values": "x=y"}),
        ("a, b", {"values": "a, b"}),
        (
            "gpt=c,outcome=trust,draw=2,fill=mean",
            {"model": "gpt", "outcome": "trust", "draw": 2, "fill": "mean", "values": "c"},
        ),
        ("c,fill=0.5,category=yes", {"fill": 0.5, "category": "yes", "values": "c"}),
        ('{"model": "m", "values": "x"}', {"model": "m", "values": "x"}),
    ],
)
def test_a_prediction_says_model_arm_and_column(text, found):
    assert options.prediction(text) == found


@pytest.mark.parametrize("text", ["", "gpt=", "gpt@=c", "c,draw=x", "{x"])
def test_a_prediction_without_a_column_is_refused(text):
    with pytest.raises(UsageError, match="--prediction"):
        options.prediction(text)


def test_costs_are_for_all_models_or_by_model():
    assert options.costs("--costs", "human=5, llm=0.02,budget=1000") == {"human": 5, "llm": 0.02, "budget": 1000}
    assert options.costs("--costs", "llm.a=1,llm.b.c=2,human=3") == {"llm": {"a": 1, "b.c": 2}, "human": 3}


@pytest.mark.parametrize(
    "text", ["human", "human=x", "human=1,human=2", "lm=1", "llm=1,llm.a=2", "llm.a=2,llm=1", "human.a=1", "human=nan"]
)
def test_costs_that_cannot_be_understood_are_refused(text):
    with pytest.raises(UsageError, match="--costs"):
        options.costs("--costs", text)


def test_json_stands_in_the_option_or_in_a_file(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text('{"seed": 3}')
    assert options.json_object("--plan", f"@{file}") == options.json_object("--plan", '{"seed": 3}') == {"seed": 3}
    assert options.json_object("--plan", None) == {}
    assert options.word_or_object("--estimand", "mean") == {"type": "mean"}
    assert options.word_or_object("--estimand", '{"type": "quantile", "q": 0.5}')["q"] == 0.5


@pytest.mark.parametrize("text", ["{", "[1]", "3", "@nowhere.json", '{"a": NaN}'])
def test_what_is_no_object_of_json_is_refused(text):
    with pytest.raises(UsageError, match="--plan"):
        options.json_object("--plan", text)


def test_numbers_are_one_or_by_name():
    assert options.numbers_by_name("--r", "0.5") == 0.5
    assert options.numbers_by_name("--r", "a=0.5,b=1") == {"a": 0.5, "b": 1}
    assert options.values("--w", "method=x,folds=5", ("method", "folds")) == {"method": "x", "folds": 5}
    assert options.said({"a_b": 0.0, "c": None, "d": [], "e": False, "f": True}) == ["--a-b", "--f"]
    assert options.given(a=None, b=0, c=[], d="x") == {"b": 0, "d": "x"}
