from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from service.api.openapi import build_document
from service.api.parts import calibration_parts
from service.api.reading.media import readers
from service.api.render.media import forms
from service.web.schemas import read_words
from tests.web.fields import fields, left_over, undescribed

DOCUMENT = build_document(calibration_parts().computations)
OPENAPI = json.loads(DOCUMENT)


def operations():
    return [
        (path, verb, op) for path, item in OPENAPI["paths"].items() for verb, op in item.items() if verb != "parameters"
    ]


def test_the_committed_file_is_current() -> None:
    assert Path("openapi/calibration.json").read_bytes() == DOCUMENT, "run: make openapi"


def test_every_reference_leads_somewhere() -> None:
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    targets = set(references(OPENAPI["paths"])) | set(references(OPENAPI["components"]))
    assert len(targets) > 20
    for target in targets:
        place = OPENAPI
        for step in target.removeprefix("#/").split("/"):
            place = place[step]


def test_every_schema_is_a_schema() -> None:
    for schema in OPENAPI["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_operation_has_a_name_and_names_its_refusals() -> None:
    names = [op["operationId"] for _, _, op in operations()]
    assert len(set(names)) == len(names)
    for path, verb, op in operations():
        refusals = {status: r for status, r in op["responses"].items() if status != "200"}
        assert set(refusals) >= (
            {"400", "413", "415", "422", "503", "504"} if verb == "post" else {"400", "406", "500"}
        ), path
        assert all(r == {"$ref": f"#/components/responses/Problem{status}"} for status, r in refusals.items())


def test_every_parameter_of_a_path_is_described() -> None:
    (parameter,) = OPENAPI["paths"]["/v1/problems/{code}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("code", "path", True)


def test_every_request_schema_is_closed() -> None:
    schemas = OPENAPI["components"]["schemas"]
    assert schemas["CalibrationRequest"]["additionalProperties"] is False
    assert set(schemas["CalibrationRequest"]["properties"]["data"]["discriminator"]["mapping"]) >= {"arrays", "table"}


def test_the_examples_fit_the_schema() -> None:
    content = OPENAPI["paths"]["/v1/calibrations"]["post"]["requestBody"]["content"]["application/json"]
    schema = content["schema"] | {"components": OPENAPI["components"]}
    for example in content["examples"].values():
        jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_every_media_type_of_a_path_is_described() -> None:
    for computation in calibration_parts().computations:
        operation = OPENAPI["paths"][computation.path]["post"]
        read = readers(computation.steps().request, (), 1, tabular=computation.tabular)
        given = forms(computation.steps().answer, computation.lines, computation.report)
        aliases = {"application/msgpack", "application/x-msgpack"}
        assert set(operation["requestBody"]["content"]) == set(read) - aliases
        assert set(operation["responses"]["200"]["content"]) == set(given) - aliases
        assert all(alias in OPENAPI["info"]["description"] for alias in aliases)
        parameters = {p["name"] for p in operation["parameters"]}
        assert parameters == {"validate_only"} | {name for reader in read.values() for name in reader.parameters}


def test_every_field_says_what_it_is() -> None:
    assert undescribed(OPENAPI) == []


def test_the_effect_of_a_new_study_is_told_as_that_of_past_ones() -> None:
    told = {name: said for name, field, said in fields(OPENAPI) if field == "llm" and name.endswith("Study")}
    assert told == {"NewStudy": "The LLM's effect.", "PastStudy": "The LLM's effect."}


def test_no_word_about_a_field_is_left_over() -> None:
    assert left_over(OPENAPI, read_words("service.api")) == set()
