from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.routes.screenings import EXAMPLE
from service.api.settings import Settings
from tests.web.asgi import ask

APP = create_service(Settings(access_log=False), calibration_parts()).asgi


def test_the_documented_example_is_answered() -> None:
    document = ask(APP, "GET", "/openapi.json").json
    media = document["paths"]["/v1/screenings"]["post"]["requestBody"]["content"]["application/json"]
    assert media["examples"]["four-hypotheses"]["value"] == json.loads(EXAMPLE)
    answer = ask(APP, "POST", "/v1/screenings", body=EXAMPLE).json
    assert [h["rejected"] for h in answer["hypotheses"]] == [True, False, None, None]
    assert sum(n["cost"] for n in answer["next"]) <= 1500
    assert ask(APP, "POST", "/v1/screenings?validate_only=true", body=EXAMPLE).json["valid"] is True


def test_lines_of_csv_are_hypotheses() -> None:
    answer = ask(APP, "POST", "/v1/screenings", body=EXAMPLE, headers={"accept": "text/csv"})
    header, *lines = answer.body.decode().splitlines()
    assert header == "name,weight,p_value,p_value_adjusted,rejected,claim,warnings"
    assert len(lines) == 4


def test_problems_have_places() -> None:
    body = json.dumps(json.loads(EXAMPLE) | {"error_rate": 2, "multiplicity": "none"}).encode()
    answer = ask(APP, "POST", "/v1/screenings", body=body)
    assert answer.status == 422
    assert {e["pointer"] for e in answer.json["errors"]} == {"/error_rate", "/multiplicity"}


def test_the_example_of_the_page_is_answered_as_it_says() -> None:
    asked, told = re.findall(r"```json\n(.*?)```", Path("docs/screenings.md").read_text(), re.DOTALL)
    answer = ask(APP, "POST", "/v1/screenings", body=asked.encode()).json
    for name, shown in json.loads(told).items():
        assert _rounded(answer[name]) == shown


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return {name: _rounded(one) for name, one in value.items()} if isinstance(value, dict) else value
