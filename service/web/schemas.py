"""JSON Schemas of the wire structs as OpenAPI wants them: ``type`` beside every ``enum``, defaults told in words.

A ``default`` keyword in a request schema makes generators of typed clients treat the field as always present, therefore
"Default: x." stands in the description instead. In an answer every documented field is present, so all are required,
but for structs that leave out what has its default (``omit_defaults``).
"""

from __future__ import annotations

import inspect
import json
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
import msgspec.inspect

Schema = dict[str, Any]
Words = Mapping[str, Mapping[str, str]]
"""What fields mean: by name in ``every``, and by struct where a name means something else there."""
EVERY = "every"
_DEFAULT = "Default:"
_TEMPLATE = "#/components/schemas/{name}"
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def request_schemas(kinds: Sequence[type]) -> dict[str, Schema]:
    """The component schemas of request structs."""
    return {name: _tidy(schema) for name, schema in _components(kinds).items()}


def answer_schemas(kinds: Sequence[type]) -> dict[str, Schema]:
    """The component schemas of answer structs."""
    schemas = {name: _tidy(schema) for name, schema in _components(kinds).items()}
    left_out = {kind.__name__ for kind in _structs(kinds) if kind.__struct_config__.omit_defaults}
    for name, schema in schemas.items():
        if "properties" in schema and name not in left_out:
            schema["required"] = list(schema["properties"])
    return schemas


def read_words(package: str) -> Words:
    """The words of a service's ``fields.toml``, and those of refusals, which every service has."""
    web, own = (tomllib.loads(files(name).joinpath("fields.toml").read_text()) for name in ("service.web", package))
    return web | own


def described(schemas: Mapping[str, Schema], words: Words) -> dict[str, Schema]:
    """The schemas, with words for every field that says nothing of itself, or only its default."""
    return {name: _described(schema, words.get(name, {}), words[EVERY]) for name, schema in schemas.items()}


def _described(schema: Schema, own: Mapping[str, str], every: Mapping[str, str]) -> Schema:
    told = {
        field: _with_words(part, own.get(field) or every.get(field))
        for field, part in schema.get("properties", {}).items()
    }
    return schema | {"properties": told} if told else schema


def _with_words(schema: Schema, words: str | None) -> Schema:
    said = schema.get("description", "")
    if words is None or (said and not said.startswith(_DEFAULT)):
        return schema
    return schema | {"description": f"{words} {said}".rstrip()}


def reference(kind: type) -> Schema:
    """The ``$ref`` to a struct's component."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_TEMPLATE)
    return schema


def _structs(kinds: Sequence[type]) -> set[type[msgspec.Struct]]:
    """The structs themselves and all inside them."""
    found: set[type[msgspec.Struct]] = set()
    todo: list[Any] = list(msgspec.inspect.multi_type_info(kinds))
    while todo:
        node = todo.pop()
        if isinstance(node, msgspec.inspect.StructType):
            if node.cls in found:
                continue
            found.add(node.cls)
        if isinstance(node, (list, tuple)):
            todo += node
        elif isinstance(node, (msgspec.inspect.Type, msgspec.inspect.Field)):
            todo += [getattr(node, name) for name in node.__struct_fields__]
    return found


def _components(kinds: Sequence[type]) -> dict[str, Schema]:
    _, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    return dict(sorted(components.items()))


def _tidy(schema: Schema) -> Schema:
    """The schema with ``type`` beside ``enum`` and its default in words, inner schemas included."""
    tidy = {key: _inner(key, value) for key, value in schema.items() if key != "default"}
    if isinstance(tidy.get("description"), str):
        # Python 3.13 removes the indentation of docstrings, 3.11 does not
        tidy["description"] = inspect.cleandoc(tidy["description"])
    if "enum" in tidy and "type" not in tidy:
        types = list(dict.fromkeys(_JSON_TYPES[type(value)] for value in tidy["enum"]))
        tidy["type"] = types[0] if len(types) == 1 else types
    if schema.get("default") is not None:
        words = f"{_DEFAULT} {json.dumps(schema['default'])}."
        tidy["description"] = f"{tidy['description']} {words}" if tidy.get("description") else words
    return tidy


def _inner(key: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if key == "properties":
        return {name: _tidy(schema) for name, schema in value.items()}
    if key in {"anyOf", "oneOf", "allOf", "prefixItems"}:
        return [_tidy(schema) for schema in value]
    if key in {"items", "additionalProperties"} and isinstance(value, dict):
        return _tidy(value)
    return value
