"""The contract as a page: every structure of the OpenAPI document, its fields, their types and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from service.api.site.layout import rendered
from service.api.site.markdown import Heading, Written, anchor
from service.api.site.passages import Passage

PAGE = "fields"
_TITLE = "Fields"
_LIMITS = {
    "minimum": "at least {:g}",
    "exclusiveMinimum": "above {:g}",
    "maximum": "at most {:g}",
    "exclusiveMaximum": "below {:g}",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} entries",
}
_NAMES = {"integer": "whole number", "array": "list"}

Schema = Mapping[str, Any]


def fields_html(document: Schema) -> Written:
    """Paths with what they take and give, then the structures by name."""
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    paths = [
        (path, list(_named(told["post"]["requestBody"])), list(_named(told["post"]["responses"]["200"])))
        for path, told in document["paths"].items()
        if "post" in told
    ]
    structs = [
        (anchor(name), name, schema.get("description", ""), list(_rows(schema))) for name, schema in schemas.items()
    ]
    html = rendered("fields.html", paths=paths, structs=structs, anchor=anchor)
    return Written(_TITLE, html, tuple(Heading(2, place, name) for place, name, _, _ in structs))


def passages_of_fields(document: Schema, address: str) -> Iterator[Passage]:
    """What search reads of the structures: a line for every field."""
    for name, schema in document["components"]["schemas"].items():
        lines = [f"{field}: {told.get('description', '')}" for field, told in schema.get("properties", {}).items()]
        yield Passage(f"{address}#{anchor(name)}", _TITLE, name, "\n".join([schema.get("description", ""), *lines]))


def _named(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The structures that a part of the document names, each once."""
    found = dict[str, None]()
    todo = [schema]
    while todo:
        node = todo.pop(0)
        if isinstance(node, Mapping):
            if "$ref" in node:
                found[node["$ref"].rpartition("/")[2]] = None
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    yield from found


def _rows(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Every field with its type as HTML and its meaning; what a request must have is said to be needed."""
    needed = set(schema.get("required", ())) if schema.get("additionalProperties") is False else set()
    for name, told in schema.get("properties", {}).items():
        yield name, kind(told) + (", <strong>needed</strong>" if name in needed else ""), told.get("description", "")


def kind(schema: Schema) -> str:
    """A type as HTML: structures are links, lists and objects say of what they are."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{anchor(name)}">{escape(name)}</a>'
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[several]))
    return _plain(schema)


def _plain(schema: Schema) -> str:
    types = schema.get("type", "any value")
    if types == "array":
        inner = [kind(one) for one in schema.get("prefixItems", [])]
        of = f"[{', '.join(inner)}]" if inner else f"list of {kind(schema.get('items', {}))}"
    elif types == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        of = f"by name: {kind(schema['additionalProperties'])}"
    else:
        of = " or ".join(_NAMES.get(name, name) for name in ([types] if isinstance(types, str) else types))
    if schema.get("multipleOf") == 1:
        of = "whole number"
    return ", ".join([of, *(words.format(schema[limit]) for limit, words in _LIMITS.items() if limit in schema)])
