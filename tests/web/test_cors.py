from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from service.api.settings import Settings
from service.web.access.settings import AccessSettings
from service.web.cors import sharing
from service.web.problems import web_catalogue
from service.web.telemetry import Telemetry
from tests.api.standin import SUMS
from tests.web.asgi import Answer, ask

PAGE = "https://survey.example"


def app(origins: str):
    from service.api.app import Parts, create_service

    settings = Settings(access=AccessSettings(cors_origins=origins))
    return create_service(settings, Parts((SUMS,), write_log=None)).asgi


SHARED, PRIVATE = app(f"{PAGE},http://localhost:3000"), app("")


def preflight(origin: str, at=SHARED) -> Answer:
    headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
    return ask(at, "OPTIONS", "/v1/sums", headers=headers)


def cors(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_without_origins_the_application_is_itself() -> None:
    assert sharing(PRIVATE, ()) is PRIVATE
    assert cors(preflight(PAGE, PRIVATE)) == {}
    assert cors(ask(PRIVATE, "GET", "/v1/methods", headers={"origin": PAGE})) == {}


def test_a_listed_page_may_ask_and_read_the_answer() -> None:
    before = preflight(PAGE)
    assert before.status == 204
    assert cors(before)["access-control-allow-origin"] == PAGE
    assert "POST" in cors(before)["access-control-allow-methods"]
    allowed = {name.strip().lower() for name in cors(before)["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "x-api-key", "x-upstream-key"} <= allowed
    for path in ("/v1/methods", "/nowhere"):  # an error can be read, too
        found = ask(SHARED, "GET", path, headers={"origin": PAGE})
        assert cors(found) == {"access-control-allow-origin": PAGE, "access-control-expose-headers": "*"}
    assert "access-control-allow-credentials" not in cors(before)


def test_a_page_can_read_that_the_service_failed() -> None:
    async def failing(scope, receive, send) -> None:
        raise ValueError

    around = Telemetry(sharing(failing, (PAGE,)), CollectorRegistry(), web_catalogue(), write=None)
    answer = ask(around, "GET", "/v1/methods", headers={"origin": PAGE})
    assert (answer.status, answer.json["code"], answer.headers["vary"]) == (500, "internal_error", "Origin")
    assert cors(answer) == {"access-control-allow-origin": PAGE, "access-control-expose-headers": "*"}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://survey.example.evil", "null", "http://survey.example"]
)
def test_another_page_may_not(origin: str) -> None:
    assert cors(preflight(origin)) == {}
    answer = ask(SHARED, "GET", "/v1/methods", headers={"origin": origin})
    assert (cors(answer), answer.headers["vary"]) == ({}, "Origin")


def test_options_without_a_preflight_is_answered_as_ever() -> None:
    answer = ask(SHARED, "OPTIONS", "/v1/sums", headers={"origin": PAGE})
    assert (answer.status, answer.headers["allow"]) == (204, "OPTIONS, POST")


def test_what_is_not_http_passes_through() -> None:
    import asyncio

    seen = []

    async def inner(scope, receive, send) -> None:
        seen.append(scope["type"])

    asyncio.run(sharing(inner, (PAGE,))({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
