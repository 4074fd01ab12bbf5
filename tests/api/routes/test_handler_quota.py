"""What a request takes from its client's quota: its work, before the computation begins, whatever comes of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from service.web.access.key import new_key
from service.web.access.settings import AccessSettings
from tests.api.asking import JSON, post
from tests.api.standin import service
from tests.web.access.people import line
from tests.web.asgi import Answer, ask, call

KEY = new_key()


@pytest.fixture
def app(tmp_path: Path):
    file = tmp_path / "keys.toml"
    file.write_text(line(KEY) + 'quotas.lab = "10/1000"\n')
    return service(access=AccessSettings(keys_file=str(file))).asgi


def left(answer: Answer) -> str:
    return answer.headers["ratelimit"].partition(";t=")[0].removeprefix('"work-units";r=')


@pytest.mark.parametrize(
    ("body", "query", "status", "rest"),
    [
        ({"numbers": [1], "work": 4}, "", 200, "6"),
        ({"numbers": [1], "work": 4}, "?validate_only=true", 200, "6"),
        ({"numbers": [1], "work": 4, "trouble": "crash"}, "", 500, "6"),
        ({"numbers": [1], "work": 4, "trouble": "crash"}, "?validate_only=true", 500, "6"),
        ({"numbers": [1], "work": 4, "trouble": "one"}, "", 422, "10"),
        ({"numbers": ["NA"], "work": 4}, "?validate_only=true", 422, "10"),
    ],
)
def test_whatever_is_computed_is_charged_and_what_is_refused_before_is_not(app, body, query, status, rest) -> None:
    answer = post(body, f"/v1/sums{query}", app, x_api_key=KEY)
    assert (answer.status, left(answer)) == (status, rest)


def test_work_that_no_quota_paid_for_is_not_counted(app) -> None:
    body = json.dumps({"numbers": [1], "work": 25}).encode()

    async def both() -> list[Answer]:
        headers = JSON | {"x-api-key": KEY}
        slow = call(app, "POST", "/v1/sums", headers=headers, body=[body[:5], 0.05, body[5:]])
        return await asyncio.gather(slow, call(app, "POST", "/v1/sums", headers=headers, body=body))

    assert sorted(answer.status for answer in asyncio.run(both())) == [200, 429]
    metrics = ask(app, "GET", "/metrics").body.decode().splitlines()
    assert 'rectifier_work_units_total{route="/v1/sums"} 25.0' in metrics
