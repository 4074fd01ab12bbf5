from __future__ import annotations

import asyncio
import json
import random
import re

from prometheus_client import CollectorRegistry

from service.web.body import ClientGoneError
from service.web.problems import web_catalogue
from service.web.telemetry import Telemetry
from tests.api.asking import post
from tests.api.standin import service
from tests.web.asgi import ask


def test_nothing_of_the_data_reaches_log_or_metrics() -> None:
    lines: list[bytes] = []
    app = service(log=lines.append).asgi
    secret = "Zaphod"
    post({"numbers": [secret], secret: 4711.25}, app=app)
    post({"numbers": [4711.25], "trouble": "crash"}, app=app)
    post({"numbers": [4711.25]}, f"/v1/sums?{secret}=1", app=app)
    ask(app, "GET", f"/{secret}", headers={"x-request-id": f"{secret} {secret}", "user-agent": secret})
    written = b"\n".join(lines) + ask(app, "GET", "/metrics").body
    assert written.count(b'"event":"request"') == 4
    assert secret.encode() not in written
    assert b"4711.25" not in written
    assert json.loads(lines[1])["failure"].startswith("ZeroDivisionError at run:")


def test_requests_are_counted_by_route_status_and_size() -> None:
    app = service().asgi
    post({"numbers": [1]}, app=app)
    ask(app, "GET", "/v1/problems/overloaded")
    ask(app, "BREW", "/livez")
    metrics = ask(app, "GET", "/metrics").body.decode()
    name = "rectifier_http_requests_total"
    sums = 'media_type="application/json",method="POST",route="/v1/sums",size_class="1KiB",status="200"'
    problem = 'media_type="none",method="GET",route="/v1/problems/{code}",size_class="empty",status="200"'
    nowhere = 'media_type="none",method="other",route="unmatched",size_class="empty",status="405"'
    assert all(f"{name}{{{labels}}} 1.0" in metrics for labels in (sums, problem, nowhere))
    assert 'rectifier_http_refusals_total{code="method_not_allowed",route="unmatched"} 1.0' in metrics
    assert "rectifier_http_requests_in_flight 1.0" in metrics


def test_whatever_comes_the_series_stay_few() -> None:
    app, draw = service().asgi, random.Random(0)
    for _ in range(400):
        word = f"{draw.getrandbits(64):x}"
        method = draw.choice(["GET", "POST", "PUT", word.upper()])
        path = draw.choice(["/v1/sums", f"/{word}", f"/v1/problems/{word}", f"/v1/sums?{word}=1"])
        headers = {"content-type": draw.choice(["application/json", f"text/{word}"]), "x-request-id": word, word: word}
        ask(app, method, path, headers=headers, body=draw.choice([b"", word.encode(), b"{}"]))
    metrics = ask(app, "GET", "/metrics").body.decode()
    requests = re.findall(r"^rectifier_http_requests_total{.*} [1-9].*$", metrics, re.MULTILINE)
    assert 10 < len(requests) < 70
    assert sum(float(line.split()[-1]) for line in requests) == 400


def test_a_line_says_what_was_refused_and_whose_trace_it_was() -> None:
    lines: list[bytes] = []
    app = service(log=lines.append).asgi
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    given = f"00-{trace}-00f067aa0ba902b7-01"
    answers = [post({"numbers": []}, app=app, traceparent=given), post({"trouble": "one"}, app=app, traceparent="00-x")]
    told = [json.loads(line) for line in lines]
    assert [(t["trace_id"], t["problem"], t["media_type"]) for t in told] == [
        (trace, None, "application/json"),
        (None, "missing_field", "application/json"),
    ]
    assert [answer.headers.get("traceparent") for answer in answers] == [given, None]


def wrapped(app, lines: list[bytes]) -> Telemetry:
    return Telemetry(app, CollectorRegistry(), web_catalogue(), lines.append)


def test_a_failure_that_passes_every_other_boundary_is_answered() -> None:
    async def failing(scope, receive, send) -> None:
        raise KeyError("Zaphod")

    lines: list[bytes] = []
    answer = ask(wrapped(failing, lines), "GET", "/x")
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert answer.json["instance"] == answer.headers["x-request-id"]
    assert json.loads(lines[0])["failure"].startswith("KeyError at failing:")
    assert json.loads(lines[0])["problem"] == "internal_error"


def test_a_failure_after_the_answer_began_is_only_recorded() -> None:
    async def late(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError

    lines: list[bytes] = []
    assert ask(wrapped(late, lines), "GET", "/x").status == 200
    assert json.loads(lines[0])["failure"].startswith("KeyError")


def test_a_client_that_left_gets_no_answer() -> None:
    async def left(scope, receive, send) -> None:
        raise ClientGoneError

    lines: list[bytes] = []
    assert ask(wrapped(left, lines), "GET", "/x").status == 0
    assert (json.loads(lines[0])["status"], json.loads(lines[0])["failure"]) == (499, None)


def test_what_is_not_http_passes_through() -> None:
    seen = []

    async def inner(scope, receive, send) -> None:
        seen.append(scope["type"])

    asyncio.run(wrapped(inner, [])({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
