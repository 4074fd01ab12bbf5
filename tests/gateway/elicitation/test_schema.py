from __future__ import annotations

import jsonschema
import pytest

from service.gateway.elicitation import schema_of
from tests.gateway.elicitation.asked import item, question

STRICT = {"type", "enum", "properties", "required", "additionalProperties", "items", "anyOf", "description"}


def one(asked, method="sample", order=None):
    """The schema of a lone item's own property."""
    schema = schema_of([question(asked, order)], method)
    assert list(schema["properties"]) == schema["required"] == ["q"]
    return schema["properties"]["q"]


def schemas(schema):
    """A schema and every schema in it."""
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    return [schema, *(found for part in inner for found in schemas(part))]


ALL = [
    item("choice", ["a", "b"], "c"),
    item("choice", ["a", 2], "mixed"),
    item("likert", [1, 2, 3], "l", decline="option"),
    item("numeric", (), "n", low=0, high=40, integer=True, decline="option"),
    item("multi_select", [1, 2], "m", decline="option"),
    item("ranking", ["x", "y"], "r", decline="schema"),
    item("free_text", (), "f", decline="schema"),
    item("free_text", (), "g"),
]


@pytest.mark.parametrize("method", ["sample", "verbalized"])
def test_schemas_are_closed_and_keep_to_what_strict_modes_take(method):
    items = ALL if method == "sample" else [i for i in ALL if i.type in {"choice", "likert", "multi_select"}]
    schema = schema_of([question(i) for i in items], method)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == [i.name for i in items]
    for part in schemas(schema):
        assert part.keys() <= STRICT
        if part.get("type") == "object":
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False


def test_codes_keep_their_type_and_the_order_shown():
    assert one(item("choice", ["b", "a"]), order=(1, 0)) == {"type": "string", "enum": ["a", "b"]}
    assert one(item("likert", [1, 2, 3]), order=(2, 1, 0)) == {"type": "integer", "enum": [3, 2, 1]}
    assert one(item("likert", [1, 2], decline="option")) == {
        "anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "string", "enum": ["declined"]}]
    }


def test_numbers():
    assert one(item("numeric", low=0, high=40)) == {"type": "number", "description": "a number from 0 to 40"}
    assert one(item("numeric", integer=True, decline="option")) == {
        "anyOf": [{"type": "integer", "description": "a whole number"}, {"type": "string", "enum": ["declined"]}]
    }


def test_lists():
    for type_ in ("multi_select", "ranking"):
        schema = one(item(type_, [1, "b"]))
        assert schema["type"] == "array"
        assert schema["items"] == {"anyOf": [{"type": "integer", "enum": [1]}, {"type": "string", "enum": ["b"]}]}


@pytest.mark.parametrize("type_", ["choice", "likert", "numeric", "multi_select", "free_text", "ranking"])
def test_null_is_allowed_only_where_one_may_decline_by_schema(type_):
    for decline, allowed in (("schema", True), ("none", False), ("option", False)):
        asked = item(type_, ["a", "b"] if type_ not in {"numeric", "free_text"} else (), decline=decline)
        schema = schema_of([question(asked), question(item("choice", ["a"], "other"))], "sample")
        assert jsonschema.Draft202012Validator(schema).is_valid({"q": None, "other": "a"}) is allowed


def test_probabilities_by_code():
    number = {"type": "number"}
    stated = one(item("likert", [1, 2], decline="option"), "verbalized", order=(1, 2, 0))
    assert list(stated["properties"].items()) == [("2", number), ("declined", number), ("1", number)]
    nullable = one(item("choice", ["a"], decline="schema"), "verbalized")
    assert nullable["anyOf"][1] == {"type": "null"}


def test_where_the_answer_is_no_json():
    choice, text = question(item("choice", ["a", "b"])), item("free_text")
    assert schema_of([choice], "decision") is schema_of([choice], "logprob") is None
    assert schema_of([question(text)], "sample") is None
    assert schema_of([question(item("free_text", decline="option"))], "sample") is None
    assert one(item("free_text", decline="schema")) == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    several = schema_of([question(text), question(item("choice", ["a"], "c"))], "sample")
    assert several["properties"]["q"] == {"type": "string"}
