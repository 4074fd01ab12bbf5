from __future__ import annotations

from tests.api.asking import APP
from tests.web.asgi import ask


def test_metrics_are_prometheus_text() -> None:
    answer = ask(APP, "GET", "/metrics", headers={"accept": "image/png"})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["content-type"].count("charset") == 1
    assert b"# TYPE rectifier_http_request_duration_seconds histogram" in answer.body
