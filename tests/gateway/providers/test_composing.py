from __future__ import annotations

import json

import pytest

from service.gateway.providers.composing import dropped, listed, merged, parameters_of, renamed, sent
from tests.gateway.providers.recorded import call_of


@pytest.mark.parametrize(
    ("kind", "bound"), [("sample", 1024), ("verbalized", 1024), ("free_text", 1024), ("logprob", 1)]
)
def test_there_is_always_a_bound_on_the_output(kind, bound):
    assert parameters_of(call_of(kind)) == {"max_output_tokens": bound}
    assert parameters_of(call_of(kind, max_output_tokens=None)) == {"max_output_tokens": bound}
    assert parameters_of(call_of(kind, max_output_tokens=7, seed=None)) == {"max_output_tokens": 7}


def test_parameters_are_renamed_or_dropped_and_never_both():
    asked = {"a": 1, "b": 2, "c": 3}
    wire = {"c": "C", "a": "a"}
    assert renamed(asked, wire) == {"a": 1, "C": 3}
    assert dropped(asked, wire) == ("b",)


def test_a_lone_text_becomes_a_list():
    assert listed("x") == ["x"]
    assert listed(["x", "y"]) == ["x", "y"]


def test_merging_goes_into_objects_and_changes_neither():
    first, second = {"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "b": {"z": 3}}
    assert merged(first, second) == {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    assert (first, second) == ({"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "b": {"z": 3}})


def test_only_the_parameters_are_on_record():
    request = sent("/p", {"model": "m"}, {"config": {"t": 1}}, {"config": {"schema": {}}}, ("seed",))
    assert json.loads(request.body) == {"model": "m", "config": {"t": 1, "schema": {}}}
    assert (request.parameters_sent, request.parameters_dropped) == ({"config": {"t": 1}}, ("seed",))
