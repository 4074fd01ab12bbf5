from __future__ import annotations

import time

import pytest

from tests.api.asking import APP
from tests.web.asgi import Pieces, ask


def test_the_request_id_is_taken_over_when_well_formed() -> None:
    assert ask(APP, "GET", "/livez", headers={"x-request-id": "abc-123"}).headers["x-request-id"] == "abc-123"
    for bad in ("", "a b", "x" * 65, 'a"b', "\xff"):
        assert len(ask(APP, "GET", "/livez", headers={"x-request-id": bad}).headers["x-request-id"]) == 16


def test_a_refused_body_is_read_to_its_end_after_the_answer() -> None:
    pieces = [b"x" * 10] * 5
    answer = ask(APP, "POST", "/nowhere", body=(waiting := Pieces(pieces)))
    assert (answer.status, answer.headers["connection"]) == (404, "close")
    assert waiting == []


def test_a_client_that_stops_sending_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.exchange._DRAIN_IDLE_SECONDS", 0.05)
    started = time.monotonic()
    assert ask(APP, "POST", "/nowhere", body=[b"x", 5.0, b"y"]).status == 404
    assert time.monotonic() - started < 2


def test_only_so_much_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.exchange._DRAIN_BYTES", 25)
    ask(APP, "POST", "/nowhere", body=(waiting := Pieces([b"x" * 10] * 5)))
    assert len(waiting) == 2


def test_a_body_read_to_its_end_keeps_the_connection() -> None:
    assert "connection" not in ask(APP, "POST", "/v1/sums", body=[b"{", b"}"]).headers


def test_every_answer_has_the_headers_that_browsers_heed() -> None:
    for path in ("/livez", "/nowhere", "/v1/methods", "/docs", "/docs/api", "/docs/api/docs.js", "/v1/problems"):
        answer = ask(APP, "GET", path, headers={"accept": "text/html, */*;q=0.5"})
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert "server" not in answer.headers
    assert ask(APP, "POST", "/v1/sums", body=b"{}").headers["cache-control"] == "no-store"


def test_pages_keep_their_own_policy_and_assets_may_be_kept() -> None:
    page = ask(APP, "GET", "/docs/api").headers["content-security-policy"]
    assert "script-src 'self'" in page
    assert ask(APP, "GET", "/docs/api/docs.js").headers["cache-control"] == "max-age=3600"
    problems = ask(APP, "GET", "/v1/problems", headers={"accept": "text/html"}).headers["content-security-policy"]
    assert "form-action 'self'" in problems  # the search of the documentation
