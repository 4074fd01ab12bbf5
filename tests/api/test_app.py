from __future__ import annotations

import json

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
