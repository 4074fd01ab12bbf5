from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from service.web.schemas import EVERY, answer_schemas, described, reference, request_schemas


class Inner(msgspec.Struct, tag_field="kind", tag="inner", forbid_unknown_fields=True):
    """Inner."""

    default: int = 3


class Other(msgspec.Struct, tag_field="kind", tag="other", forbid_unknown_fields=True):
    enum: Literal["a", "b"] | None = None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    part: Inner | Other
    level: Annotated[float, msgspec.Meta(description="The level.")] = 0.95
    parts: dict[str, list[Inner]] = {}
    pair: Literal[1, "a"] | None = None


def keywords(node: object, within_properties: bool = False) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(keywords, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = set() if within_properties else set(node)
    return own.union(*(keywords(v, k == "properties" and not within_properties) for k, v in node.items()))


def test_defaults_are_told_in_words() -> None:
    schemas = request_schemas([Outer])
    assert "default" not in keywords(schemas, within_properties=True)
    assert schemas["Outer"]["properties"]["level"]["description"] == "The level. Default: 0.95."
    assert schemas["Inner"]["properties"]["default"]["description"] == "Default: 3."
    assert schemas["Outer"]["required"] == ["part"]


def test_every_enum_has_a_type() -> None:
    schemas = request_schemas([Outer])
    assert schemas["Inner"]["properties"]["kind"] == {"enum": ["inner"], "type": "string"}
    assert schemas["Other"]["properties"]["enum"]["anyOf"][0] == {"enum": ["a", "b"], "type": "string"}
    assert schemas["Outer"]["properties"]["pair"]["anyOf"][0]["type"] == ["integer", "string"]


def test_unions_have_a_discriminator_and_objects_are_closed() -> None:
    schemas = request_schemas([Outer])
    mapping = schemas["Outer"]["properties"]["part"]["discriminator"]["mapping"]
    assert mapping == {"inner": "#/components/schemas/Inner", "other": "#/components/schemas/Other"}
    assert all(schema["additionalProperties"] is False for schema in schemas.values())


def test_an_answer_has_every_field() -> None:
    assert answer_schemas([Outer])["Outer"]["required"] == ["part", "level", "parts", "pair"]


def test_a_reference_leads_to_the_component() -> None:
    assert reference(Outer) == {"$ref": "#/components/schemas/Outer"}


class Sparse(msgspec.Struct, omit_defaults=True):
    name: str
    note: str | None = None


class Full(msgspec.Struct):
    parts: dict[str, list[Sparse] | None] = {}
    whole: Full | None = None


def test_what_may_be_left_out_of_an_answer_is_not_required() -> None:
    schemas = answer_schemas([Full])
    assert schemas["Full"]["required"] == ["parts", "whole"]
    assert schemas["Sparse"]["required"] == ["name"]


def test_fields_that_say_nothing_get_words_their_structs_own_first() -> None:
    silent, default, own = {"type": "number"}, {"description": "Default: 1."}, {"description": "Own words."}
    schemas = {
        "A": {"properties": {"x": silent, "y": default, "z": own, "w": silent}},
        "B": {"properties": {"x": silent}},
    }
    told = described(schemas | {"C": silent}, {EVERY: {"x": "An x.", "y": "A y.", "z": "A z."}, "B": {"x": "B's x."}})
    assert {name: part.get("description") for name, part in told["A"]["properties"].items()} == {
        "x": "An x.",
        "y": "A y. Default: 1.",
        "z": "Own words.",
        "w": None,
    }
    assert told["B"]["properties"]["x"] == {"type": "number", "description": "B's x."}
    assert told["C"] == silent
