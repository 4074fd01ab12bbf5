from __future__ import annotations

import json

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
