from __future__ import annotations

import json

import pytest

from tests.gateway.studies import PERSONAS, cells, gateway, lines, post, request
from tests.web.asgi import ask

CANARIES = ("unit-canary", "canary-job", "sk-canary")
PEOPLE = [PERSONAS[0] | {"attributes": {"age": 3, "job": "canary-job"}}]


def test_probes_and_descriptions_answer() -> None:
    app = gateway()
    app.lifecycle.start()
    for path in (
        "/livez",
        "/readyz",
        "/startupz",
        "/metrics",
        "/openapi.json",
        "/docs/api",
        "/v1/problems",
        "/v1/providers",
    ):
        assert ask(app.asgi, "GET", path).status == 200, path
    app.lifecycle.drain()
    assert ask(app.asgi, "GET", "/readyz").status == 503
    assert ask(app.asgi, "GET", "/livez").status == 200


def test_a_full_gateway_is_not_ready_and_refuses_runs() -> None:
    app = gateway(max_runs=1)
    app.lifecycle.start()
    with app.desk.runs.one():
        refused = post(app, request())
        assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (503, "overloaded", "5")
        assert ask(app.asgi, "GET", "/readyz").status == 503
    assert lines(post(app, request()))[-1]["complete"]
    assert app.desk.runs.taken == 0


def test_refusals_are_problem_documents_with_every_place() -> None:
    answer = post(gateway(), request(personas=[PERSONAS[0], PERSONAS[0]], models=[{"name": "m", "provider": "x"}]))
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [e["pointer"] for e in answer.json["errors"]] == ["/personas/1/unit_id", "/models/0/provider"]
    assert ask(gateway().asgi, "GET", "/nowhere").status == 404
    assert ask(gateway().asgi, "GET", "/v1/generations").status == 405


@pytest.mark.parametrize("method", ["sample", "decision"])
def test_nothing_of_a_person_or_a_key_is_logged_or_counted(method: str) -> None:
    written: list[bytes] = []
    app = gateway(log=written.append)
    asked = request(personas=PEOPLE, elicitation={"method": method})
    good = post(app, asked, x_upstream_key="simulated=sk-canary-key")
    bad = post(app, asked | {"template": {"user": "{nothing}{item}{arm}"}}, x_upstream_key="simulated=sk-canary-key")
    metrics = ask(app.asgi, "GET", "/metrics").body
    assert cells(good)[0]["unit_id"] == "unit-canary-17"  # the caller's own, back to the caller
    seen = b"".join(written) + metrics + bad.body
    assert len(written) >= 2
    for canary in CANARIES:
        assert canary.encode() not in seen
    assert b"sk-canary" not in good.body
    assert b"canary-job" not in good.body


def test_cells_are_counted_by_reason() -> None:
    app = gateway()
    post(app, request(models=[{"name": "m", "parameters": {"simulated": {"refusal_rate": 1.0}}}]))
    text = ask(app.asgi, "GET", "/metrics").body.decode()
    assert 'rectifier_cells_total{model="simulated",provider="simulated",reason="refused"} 4.0' in text
    assert "rectifier_first_record_seconds_count 1.0" in text


def test_a_log_line_has_the_usual_fields() -> None:
    written: list[bytes] = []
    post(gateway(log=written.append), request())
    line = json.loads(written[0])
    assert (line["route"], line["status"], line["failure"]) == ("/v1/generations", 200, None)
