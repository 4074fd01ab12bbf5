from __future__ import annotations

from litestar import Litestar, get, post

from service.web.access.guard import OPEN, guarding, needs
from service.web.boundary import exception_handlers
from service.web.posting import posting
from service.web.problems import web_catalogue
from tests.web.access.people import GOOD, NARROW, gate
from tests.web.asgi import Answer, ask


def app() -> Litestar:
    @get("/open", opt=OPEN, sync_to_thread=False)
    def everybody() -> str:
        return "open"

    @post("/closed", opt=needs("calibrate"), sync_to_thread=False, status_code=200)
    def callers() -> str:
        return "in"

    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "never"

    async def answer(scope, receive) -> tuple[bytes, str]:
        return b"in", "text/plain"

    inner = Litestar(
        [everybody, callers, forgotten, posting("/posting", answer, needs("calibrate"))],
        middleware=[guarding(gate())],
        exception_handlers=exception_handlers(web_catalogue()),
        openapi_config=None,
        logging_config=None,
    )

    async def with_state(scope, receive, send) -> None:
        scope["state"]["request_id"] = "id"
        await inner(scope, receive, send)

    return with_state


def asked(method: str, path: str, key: str | None = None) -> Answer:
    return ask(app(), method, path, headers={} if key is None else {"x-api-key": key})


def test_open_paths_ask_for_nothing() -> None:
    assert asked("GET", "/open").body == b"open"
    assert asked("GET", "/nowhere").status == 404
    assert asked("OPTIONS", "/closed").status == 204


def test_closed_paths_ask_for_the_scope() -> None:
    assert asked("POST", "/closed", GOOD).body == b"in"
    assert (asked("POST", "/closed").status, asked("POST", "/closed").json["code"]) == (401, "unauthenticated")
    assert (asked("POST", "/closed", NARROW).status, asked("POST", "/closed", "x").status) == (403, 401)
    assert asked("POST", "/closed").headers["www-authenticate"] == 'Bearer realm="rectifier"'


def test_which_methods_a_path_takes_is_told_to_everybody_alike() -> None:
    for path in ("/closed", "/posting"):
        for method in ("GET", "PUT", "DELETE"):
            answer = asked(method, path)
            assert (answer.status, answer.json["code"]) == (405, "method_not_allowed"), (method, path)
            assert {name.strip() for name in answer.headers["allow"].split(",")} == {"OPTIONS", "POST"}
        assert (asked("POST", path).status, asked("POST", path, NARROW).status, asked("POST", path, GOOD).status) == (
            401,
            403,
            200,
        )


def test_other_spellings_of_a_path_are_closed_too() -> None:
    for path in ("/closed/", "//closed", "/closed//"):
        assert asked("POST", path).status == 401, path


def test_a_path_that_nobody_thought_of_is_closed() -> None:
    assert asked("GET", "/forgotten", GOOD).status == 403
    assert asked("GET", "/forgotten").status == 401
