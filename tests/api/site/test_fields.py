from __future__ import annotations

import json

import pytest

from service.api.site.fields import fields_html, kind, passages_of_fields
from service.api.site.markdown import Heading

DOCUMENT = {
    "paths": {
        "/v1/sums": {
            "post": {
                "requestBody": {
                    "content": {"a": {"schema": {"$ref": "#/x/Sums"}}, "b": {"schema": {"$ref": "#/x/Sums"}}}
                },
                "responses": {"200": {"content": {"a": {"schema": {"anyOf": [{"$ref": "#/x/Total"}]}}}}},
            }
        },
        "/livez": {"get": {}},
    },
    "components": {
        "schemas": {
            "Sums": {
                "description": "Numbers to add up, ``total`` is their sum.",
                "additionalProperties": False,
                "required": ["numbers"],
                "properties": {
                    "numbers": {
                        "type": "array",
                        "items": {"type": ["number", "null"]},
                        "description": "The <numbers>.",
                    },
                    "total": {"$ref": "#/x/Total"},
                },
            },
            "Total": {"required": ["total"], "properties": {"total": {"type": "number"}}},
            "Any": {},
        }
    },
}


def test_paths_lead_to_structures_and_structures_list_their_fields():
    page = fields_html(DOCUMENT)
    assert page.headings == (Heading(2, "sums", "Sums"), Heading(2, "total", "Total"), Heading(2, "any", "Any"))
    assert (
        '<td><code>POST /v1/sums</code></td><td><a href="#sums">Sums</a></td><td><a href="#total">Total</a></td>'
        in page.html
    )
    assert (
        '<h2 id="sums"><code>Sums</code></h2>\n<p>Numbers to add up, <code>total</code> is their sum.</p>' in page.html
    )
    assert "<td>list of number or null, <strong>needed</strong></td><td>The &lt;numbers&gt;.</td>" in page.html
    assert '<td><code>total</code></td><td><a href="#total">Total</a></td>' in page.html
    assert page.html.count("<strong>needed</strong>") == 1, "answers have every field"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 0}, "whole number, at least 0"),
        (
            {"type": "number", "multipleOf": 1, "exclusiveMinimum": 0, "maximum": 1e12},
            "whole number, above 0, at most 1e+12",
        ),
        ({"enum": ["a<b", 1], "type": "string"}, "<code>a&lt;b</code> or <code>1</code>"),
        ({"anyOf": [{"type": "number"}, {"type": "number"}, {"type": "null"}]}, "number or null"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "by name: string"),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "null"}]}, "[number, null]"),
        ({"type": "string", "maxLength": 1000}, "string, at most 1000 characters"),
        ({"type": "array", "items": {}}, "list of any value"),
        ({"type": "object"}, "object"),
    ],
)
def test_types_are_said_in_words(schema, said):
    assert kind(schema) == said


def test_every_field_can_be_searched():
    passages = list(passages_of_fields(json.loads(json.dumps(DOCUMENT)), "/docs/fields"))
    assert [(p.address, p.section) for p in passages][:2] == [
        ("/docs/fields#sums", "Sums"),
        ("/docs/fields#total", "Total"),
    ]
    assert passages[0].text == "Numbers to add up, ``total`` is their sum.\nnumbers: The <numbers>.\ntotal: "
