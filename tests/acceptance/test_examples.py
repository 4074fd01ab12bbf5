"""The examples of the OpenAPI document are executed: each is answered, and the answer is what the document promises."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.acceptance.test_studies import post

DOCUMENT = json.loads(Path("openapi/calibration.json").read_text())
EXAMPLES = [
    (path, name, example["value"], operation["post"]["responses"]["200"]["content"]["application/json"]["schema"])
    for path, operation in DOCUMENT["paths"].items()
    if "post" in operation
    for name, example in operation["post"]["requestBody"]["content"]["application/json"]["examples"].items()
]


def test_every_post_has_an_example():
    assert {path for path, *_ in EXAMPLES} == {path for path, item in DOCUMENT["paths"].items() if "post" in item}


@pytest.mark.parametrize(("path", "name", "body", "schema"), EXAMPLES, ids=[f"{p} {n}" for p, n, *_ in EXAMPLES])
@pytest.mark.parametrize("query", ["", "?validate_only=true"])
def test_an_example_is_answered_as_documented(server, path, name, body, schema, query):
    answer = post(server, path + query, body)
    jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(answer)
    assert ("valid" in answer) is bool(query), name
