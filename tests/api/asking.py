"""Short ways to ask the stand-in service, and what every refusal must look like."""

from __future__ import annotations

import json

import jsonschema

from service.api.catalogue import CATALOGUE
from service.api.limits import Limits
from tests.api.standin import service
from tests.web.asgi import Answer, ask

SMALL = Limits(max_body_bytes=1000, max_inflated_bytes=2000, max_values=50, deadline_seconds=0.3, body_idle_seconds=0.1)
JSON = {"content-type": "application/json"}
APP = service(SMALL).asgi
SCHEMAS = json.loads(ask(APP, "GET", "/openapi.json").body)["components"]


def post(body: object, path: str = "/v1/sums", app=APP, **headers: str) -> Answer:
    pieces = body if isinstance(body, (bytes, list)) else json.dumps(body).encode()
    return ask(app, "POST", path, body=pieces, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()})


def is_problem(answer: Answer, status: int, code: str) -> None:
    schema = {"$ref": "#/components/schemas/ProblemDocument", "components": SCHEMAS}
    jsonschema.validate(answer.json, schema)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.json["type"] == f"/v1/problems/{code}"
    assert answer.json["title"] == CATALOGUE[code].title
    assert answer.json["instance"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
