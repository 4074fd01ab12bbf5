from __future__ import annotations

import hashlib
import json

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from tests.web.asgi import ask

APP = create_service(Settings(access_log=False), calibration_parts()).asgi
BODY = b"""{"data": {"layout": "arrays", "arms": [
  {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
  {"name": "treatment", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5], "llm_only": [4, 5, 4, 4, 3]}]}}"""


def test_a_study_is_calibrated() -> None:
    answer = ask(APP, "POST", "/v1/calibrations", body=BODY).json
    assert answer["summary"]["human_only_estimate"] == 1.25
    assert answer["request_digest"] == "sha256:" + hashlib.sha256(BODY).hexdigest()


def test_validate_only_says_what_would_be_done() -> None:
    answer = ask(APP, "POST", "/v1/calibrations?validate_only=true", body=BODY).json
    assert answer["valid"] is True
    assert 0 < answer["work"]["estimated"] < answer["work"]["limit"]


def test_the_documented_example_is_answered() -> None:
    document = ask(APP, "GET", "/openapi.json").json
    media = document["paths"]["/v1/calibrations"]["post"]["requestBody"]["content"]["application/json"]
    for example in media["examples"].values():
        assert ask(APP, "POST", "/v1/calibrations", body=json.dumps(example["value"]).encode()).status == 200
