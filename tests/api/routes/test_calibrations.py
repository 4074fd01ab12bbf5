from __future__ import annotations

import asyncio
import hashlib
import json

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from tests.web.asgi import ask, call

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


def values(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def counted(app) -> dict[str, float]:
    return {name: value for name, value in values(ask(app, "GET", "/metrics").body.decode()).items() if value}


def test_an_answer_is_counted_and_a_validation_is_work_only() -> None:
    app = create_service(Settings(access_log=False), calibration_parts()).asgi
    estimated = ask(app, "POST", "/v1/calibrations?validate_only=true", body=BODY).json["work"]["estimated"]
    metrics = counted(app)
    work = 'rectifier_work_units_total{route="/v1/calibrations"}'
    assert metrics[work] == estimated
    assert not any(name.startswith("rectifier_estimators_total") for name in metrics)
    answer = ask(app, "POST", "/v1/calibrations", body=BODY).json
    ask(app, "POST", "/v1/calibrations", body=b'{"data": {"layout": "arrays", "arms": []}}')
    metrics = counted(app)
    assert metrics[work] == 2 * estimated
    assert metrics[f'rectifier_estimators_total{{estimator="{answer["applied"]["estimator"]}"}}'] == 1
    assert metrics[f'rectifier_verdicts_total{{verdict="{answer["summary"]["verdict"]}"}}'] == 1
    assert metrics[f'rectifier_warnings_total{{code="{answer["warnings"][0]["code"]}"}}'] >= 1
    assert 'rectifier_warnings_total{code="other"}' not in metrics


def test_a_started_service_watches_its_canary() -> None:
    service = create_service(Settings(access_log=False), calibration_parts())
    told: dict[str, float] = {}

    async def live() -> None:
        events = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, str]:
            event = next(events)
            if event == "lifespan.shutdown":
                while not told.get("rectifier_canary_last_run_timestamp_seconds"):
                    await asyncio.sleep(0.01)
                    told.update(values((await call(service.asgi, "GET", "/metrics")).body.decode()))
            return {"type": event}

        async def send(_message: dict[str, str]) -> None:
            pass

        await service.asgi({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    asyncio.run(asyncio.wait_for(live(), 20))
    assert told["rectifier_canary_relative_error"] < 1e-12
    assert told["rectifier_canary_interval_seconds"] == 60
