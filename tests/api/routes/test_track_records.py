from __future__ import annotations

import json

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from tests.web.asgi import ask

APP = create_service(Settings(access_log=False), calibration_parts()).asgi
PATH = "/v1/track-records"


def example() -> dict:
    media = ask(APP, "GET", "/openapi.json").json["paths"][PATH]["post"]["requestBody"]["content"]
    return media["application/json"]["examples"]["eight-studies"]["value"]


def test_the_documented_example_is_answered() -> None:
    answer = ask(APP, "POST", PATH, body=json.dumps(example()).encode()).json
    assert answer["claim"] == "exploratory_with_track_record"
    assert answer["conformal"]["studies_needed"] == 57
    assert answer["random_effects"]["interval"]["method"] == "hartung_knapp"
    assert ask(APP, "POST", f"{PATH}?validate_only=true", body=json.dumps(example()).encode()).json["valid"] is True


def test_every_problem_of_a_clumsy_body_has_its_place() -> None:
    body = example()
    body["studies"][1]["human"]["estimate"] = "NA"
    body["studies"][2]["llm"]["standard_error"] = -1
    body["error_split"] = [0.01]
    answer = ask(APP, "POST", PATH, body=json.dumps(body).encode())
    assert answer.status == 422
    assert {(e["pointer"], e["code"]) for e in answer.json["errors"]} == {
        ("/studies/1/human/estimate", "r_na_string"),
        ("/studies/2/llm/standard_error", "out_of_range"),
        ("/error_split", "out_of_range"),
    }
