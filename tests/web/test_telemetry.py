from __future__ import annotations

import asyncio
import json

from prometheus_client import CollectorRegistry

from service.web.body import ClientGoneError
from service.web.problems import web_catalogue
from service.web.telemetry import Telemetry, size_class, to_stderr
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
    name = "rectifier_http_request_duration_seconds_count"
    assert f'{name}{{method="POST",route="/v1/sums",size_class="1KiB",status="200"}} 1.0' in metrics
    assert f'{name}{{method="GET",route="/v1/problems/{{code}}",size_class="empty",status="200"}} 1.0' in metrics
    assert f'{name}{{method="other",route="unmatched",size_class="empty",status="405"}} 1.0' in metrics


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


def test_a_log_line_is_a_line_on_standard_error(capfdbinary) -> None:
    to_stderr(b"{}")
    assert capfdbinary.readouterr().err == b"{}\n"


def test_size_classes_have_upper_bounds() -> None:
    sizes = (0, 1, 1024, 1025, 1 << 24, (1 << 24) + 1)
    assert [size_class(n) for n in sizes] == ["empty", "1KiB", "1KiB", "64KiB", "16MiB", "larger"]
