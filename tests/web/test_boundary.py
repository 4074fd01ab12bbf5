from __future__ import annotations

import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from prometheus_client import CollectorRegistry

from service.web.body import ClientGoneError
from service.web.boundary import exception_handlers
from service.web.problems import ProblemError, web_catalogue
from service.web.telemetry import Telemetry
from tests.web.asgi import ask


class SecretError(Exception):
    """An error whose words must not leave."""


@get("/{kind:str}", sync_to_thread=False)
def fail(kind: FromPath[str]) -> None:
    raise {
        "refused": ProblemError("too_deep", "Very deep.", headers={"X-More": "1"}),
        "gone": ClientGoneError(),
        "broken": SecretError("canary"),
    }[kind]


APP = Telemetry(
    Litestar(
        [fail], exception_handlers={**exception_handlers(web_catalogue())}, openapi_config=None, logging_config=None
    ),
    CollectorRegistry(),
    web_catalogue(),
    None,
)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/refused", 400, "too_deep"),
        ("/broken", 500, "internal_error"),
        ("/unknown", 500, "internal_error"),
        ("/no/where", 404, "not_found"),
    ],
)
def test_every_exception_has_its_answer(path: str, status: int, code: str) -> None:
    answer = ask(APP, "GET", path)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["instance"] == answer.headers["x-request-id"]
    assert b"canary" not in answer.body


def test_headers_of_a_refusal_go_along_and_allow_knows_head() -> None:
    assert ask(APP, "GET", "/refused").headers["x-more"] == "1"
    assert "HEAD" in ask(APP, "DELETE", "/refused").headers["allow"]


def test_nobody_is_answered_who_is_gone() -> None:
    assert ask(APP, "GET", "/gone").status == 499
