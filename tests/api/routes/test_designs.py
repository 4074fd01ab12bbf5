from __future__ import annotations

import json

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from tests.web.asgi import ask

APP = create_service(Settings(access_log=False), calibration_parts()).asgi


def test_the_documented_example_is_answered_within_its_budget() -> None:
    document = ask(APP, "GET", "/openapi.json").json
    media = document["paths"]["/v1/designs"]["post"]["requestBody"]["content"]["application/json"]
    body = json.dumps(media["examples"]["two-models"]["value"]).encode()
    answer = ask(APP, "POST", "/v1/designs", body=body).json
    assert 999 < answer["design"]["cost"] <= 1000
    assert ask(APP, "POST", "/v1/designs?validate_only=true", body=body).json["valid"] is True


def test_an_unknown_objective_is_named() -> None:
    answer = ask(
        APP, "POST", "/v1/designs", body=b'{"basis": {"kind": "assumed"}, "costs": {}, "objective": {"kind": "x"}}'
    )
    assert answer.status == 422
    assert ("/objective/kind", "unknown_value") in [(e["pointer"], e["code"]) for e in answer.json["errors"]]
