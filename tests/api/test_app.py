from __future__ import annotations

import json

import pytest

from service.web.problems import ProblemError
from tests.api.asking import APP, JSON, is_problem
from tests.api.standin import service
from tests.web.asgi import ask


def test_framework_refusals_are_problem_documents_too() -> None:
    is_problem(ask(APP, "GET", "/nowhere"), 404, "not_found")
    is_problem(ask(APP, "GET", "/v1/problems/no_such_code"), 404, "not_found")
    is_problem(ask(APP, "GET", "/docs/passwd"), 404, "not_found")
    is_problem(ask(APP, "GET", "/livez", headers={"host": "a b"}), 400, "malformed_request")
    wrong_method = ask(APP, "GET", "/v1/sums", headers={"accept": "text/html"})
    is_problem(wrong_method, 405, "method_not_allowed")
    assert "POST" in wrong_method.headers["allow"]
    assert "HEAD" in ask(APP, "DELETE", "/livez").headers["allow"]
    is_problem(ask(APP, "BREW", "/livez"), 405, "method_not_allowed")


def test_head_and_options() -> None:
    assert ask(APP, "HEAD", "/livez").status == 200
    is_problem(ask(APP, "HEAD", "/v1/sums"), 405, "method_not_allowed")
    options = ask(APP, "OPTIONS", "/v1/sums")
    assert (options.status, options.headers["allow"]) == (204, "OPTIONS, POST")


def test_a_client_that_leaves_is_not_an_error_of_ours() -> None:
    lines: list[bytes] = []
    app = service(log=lines.append).asgi
    ask(app, "POST", "/v1/sums", body=[b"{", None], headers=JSON)
    line = json.loads(lines[0])
    assert (line["status"], line["failure"]) == (499, None)


def test_whoever_was_refused_for_want_of_room_makes_it_not_ready_until_half_of_the_room_is_free() -> None:
    app = service(held_body_bytes=64 << 20)
    app.lifecycle.start()
    with app.held.holding() as large, app.held.holding() as small:
        large.grow(40 << 20)
        assert app.lifecycle.ready()
        with pytest.raises(ProblemError, match="overloaded"):
            small.grow(30 << 20)
        assert not app.lifecycle.ready()
    assert app.lifecycle.ready()
