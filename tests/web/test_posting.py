from __future__ import annotations

import pytest
from litestar import Litestar

from service.web.boundary import exception_handlers
from service.web.posting import posting
from service.web.problems import ProblemError, web_catalogue
from tests.web.asgi import ask


async def answered(scope, receive) -> tuple[bytes, str]:
    body = (await receive())["body"]
    if body == b"bad":
        raise ProblemError("empty_body", "No.")
    types = {b"a,b": "text/csv", b"<p>": "text/html", b"<svg>": "image/svg+xml"}
    return body, types.get(body, "application/json")


async def with_state(scope, receive, send) -> None:
    scope.setdefault("state", {})["request_id"] = "r1"
    await APP(scope, receive, send)


APP = Litestar(
    [posting("/sum", answered, {"needs": "sum"})],
    exception_handlers=exception_handlers(web_catalogue()),
    openapi_config=None,
)


@pytest.mark.parametrize(("body", "told"), [(b"[1]", "application/json"), (b"a,b", "text/csv; charset=utf-8")])
def test_a_post_is_answered_in_its_media_type(body: bytes, told: str) -> None:
    answer = ask(with_state, "POST", "/sum", body=body)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, body, told)
    assert answer.headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("body", "told"), [(b"<p>", "text/html; charset=utf-8"), (b"<svg>", "image/svg+xml"), (b"[1]", "application/json")]
)
def test_what_a_browser_shows_may_run_nothing_and_load_nothing(body: bytes, told: str) -> None:
    answer = ask(with_state, "POST", "/sum", body=body)
    assert answer.headers["content-type"] == told
    policy = answer.headers.get("content-security-policy", "")
    assert policy.startswith("default-src 'none'") is (body != b"[1]")


def test_a_refusal_is_a_problem() -> None:
    answer = ask(with_state, "POST", "/sum", body=b"bad")
    assert (answer.status, answer.json["code"], answer.json["instance"]) == (400, "empty_body", "r1")


def test_other_methods_are_told_what_is_allowed() -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = ask(with_state, method, "/sum")
        assert (answer.status, answer.json["code"], answer.headers["allow"]) == (
            405,
            "method_not_allowed",
            "OPTIONS, POST",
        )
    answer = ask(with_state, "OPTIONS", "/sum")
    assert (answer.status, answer.body, answer.headers["allow"]) == (204, b"", "OPTIONS, POST")


def test_the_framework_knows_what_the_path_needs() -> None:
    assert APP.asgi_router.handle_routing(path="/sum", method="POST")[1].opt == {"needs": "sum", "takes": "POST"}
