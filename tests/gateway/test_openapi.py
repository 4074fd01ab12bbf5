from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from service.gateway.openapi import build_document
from service.web.schemas import read_words
from tests.gateway.studies import CHOICE, LIKERT, MULTI, NUMERIC, RANKING, TEXT, gateway, lines, post, request
from tests.web.asgi import ask
from tests.web.fields import left_over, undescribed

DOCUMENT = build_document()
OPENAPI = json.loads(DOCUMENT)


def valid(value: object, name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": OPENAPI["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


def test_the_committed_file_is_current() -> None:
    assert Path("openapi/gateway.json").read_bytes() == DOCUMENT, "run: make openapi"


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    for schema in OPENAPI["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(OPENAPI)
    targets = {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}
    assert len(targets) > 20
    for target in targets:
        place = OPENAPI
        for step in target.split("/"):
            place = place[step]


@pytest.mark.parametrize("method", ["decision", "logprob", "sample", "verbalized"])
def test_every_record_of_a_run_fits_its_schema(method: str) -> None:
    items = {"decision": [LIKERT, CHOICE], "logprob": [LIKERT], "sample": [NUMERIC, MULTI, TEXT, RANKING]}
    asked = request(items=items.get(method, [LIKERT]), elicitation={"method": method}, output="cells")
    valid(asked, "GenerationRequest")
    for record in lines(post(gateway(), asked)):
        valid(record, {"cell": "CellRecord", "progress": "ProgressRecord", "end": "EndRecord"}[record["type"]])


@pytest.mark.parametrize("items", [[LIKERT], [CHOICE]])
def test_calibration_data_leave_out_what_they_have_not(items: list[dict]) -> None:
    *_, end = lines(post(gateway(), request(items=items, output="calibration")))
    valid(end, "EndRecord")
    assert all(len(column) < 6 for column in end["data"]["predictions"])


def test_plan_providers_and_refusals_fit_theirs() -> None:
    app = gateway()
    valid(post(app, request(), "/v1/generations/plan").json, "PlanReply")
    valid(ask(app.asgi, "GET", "/v1/providers").json, "ProvidersReply")
    valid(post(app, request(items=[])).json, "ProblemDocument")


def test_the_example_is_a_study_that_runs() -> None:
    content = OPENAPI["paths"]["/v1/generations"]["post"]["requestBody"]["content"]["application/json"]
    *_, end = lines(post(gateway(), content["examples"]["study"]["value"]))
    assert end["complete"]
    assert end["data"]["predictions"]


def test_every_path_is_served_and_every_served_path_is_described() -> None:
    app = gateway()
    for path, verbs in OPENAPI["paths"].items():
        for verb in verbs.keys() - {"parameters"}:
            answer = ask(app.asgi, verb.upper(), path.replace("{code}", "unknown_arm"), headers={"accept": "*/*"})
            assert answer.status not in {404, 405}, path


def test_every_field_says_what_it_is() -> None:
    assert undescribed(OPENAPI) == []


def test_no_word_about_a_field_is_left_over() -> None:
    assert left_over(OPENAPI, read_words("service.gateway")) == set()
