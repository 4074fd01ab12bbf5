"""What of both services is open, and which scope everything else needs."""

from __future__ import annotations

from litestar import Litestar, get, post

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.gateway.app import create_gateway
from service.gateway.settings import Settings as GatewaySettings
from service.web.access.key_file import SCOPES
from service.web.posting import posting
from tests.web.paths import handlers, posts

BOTH = {
    "/livez",
    "/readyz",
    "/startupz",
    "/metrics",
    "/docs",
    "/docs/api",
    "/docs/api/{name:str}",
    "/openapi.json",
    "/v1/problems",
    "/v1/problems/{code:str}",
}
WORKBENCH = {"/", "/workbench/{name:str}"}
PAGES = {"/docs/search", "/docs/{page:str}", "/docs/{section:str}/{page:str}"}
SCOPED = {
    "/v1/calibrations": "calibrate",
    "/v1/track-records": "calibrate",
    "/v1/screenings": "calibrate",
    "/v1/designs": "design",
    "/v1/diagnostics": "diagnose",
}


def scopes(app: Litestar) -> dict[str, object]:
    """The scope of every path, or open."""
    return {path: handler.opt.get("scope") for path, handler in handlers(app)}


def test_calibration() -> None:
    found = scopes(create_service(Settings(), calibration_parts()).asgi._app)
    assert {path for path, scope in found.items() if scope == "open"} == {*BOTH, *PAGES, *WORKBENCH, "/v1/methods"}
    assert {path: scope for path, scope in found.items() if scope != "open"} == SCOPED
    assert set(SCOPED.values()) <= set(SCOPES)


def test_gateway() -> None:
    found = scopes(create_gateway(GatewaySettings()).asgi._app)
    assert {path for path, scope in found.items() if scope == "open"} == BOTH
    assert {path: scope for path, scope in found.items() if scope != "open"} == dict.fromkeys(
        ("/v1/generations", "/v1/generations/plan", "/v1/chat/completions", "/v1/providers"), "generate"
    )


def test_paths_that_take_post_are_found_however_they_are_made() -> None:
    @post("/one")
    async def one() -> None: ...

    @get("/two")
    async def two() -> None: ...

    async def answer(scope, receive) -> tuple[bytes, str]:
        return b"", "text/plain"

    app = Litestar([one, two, posting("/three", answer, {})], openapi_config=None)
    assert posts(app) == ["/one", "/three"]
