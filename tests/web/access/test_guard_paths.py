"""What of both services is open, and which scope everything else needs."""

from __future__ import annotations

from litestar import Litestar

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.gateway.app import create_gateway
from service.gateway.settings import Settings as GatewaySettings
from service.web.access.key_file import SCOPES

BOTH = {
    "/livez",
    "/readyz",
    "/startupz",
    "/metrics",
    "/docs",
    "/docs/{name:str}",
    "/openapi.json",
    "/v1/problems",
    "/v1/problems/{code:str}",
}
SCOPED = {
    "/v1/calibrations": "calibrate",
    "/v1/track-records": "calibrate",
    "/v1/screenings": "calibrate",
    "/v1/designs": "design",
    "/v1/diagnostics": "diagnose",
}


def scopes(app: Litestar) -> dict[str, object]:
    """The scope of every path, or open."""
    return {
        route.path: handler.opt.get("scope")
        for route in app.routes
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]
        if getattr(handler, "http_methods", None) != {"OPTIONS"}
    }


def test_calibration() -> None:
    found = scopes(create_service(Settings(), calibration_parts()).asgi._app)
    assert {path for path, scope in found.items() if scope == "open"} == {*BOTH, "/v1/methods"}
    closed = {path: scope for path, scope in found.items() if scope != "open"}
    assert {"/v1/calibrations", "/v1/designs", "/v1/screenings"} <= closed.keys()
    assert closed == {path: SCOPED[path] for path in closed}
    assert set(SCOPED.values()) <= set(SCOPES)


def test_gateway() -> None:
    found = scopes(create_gateway(GatewaySettings()).asgi._app)
    assert {path for path, scope in found.items() if scope == "open"} == BOTH
    assert {path: scope for path, scope in found.items() if scope != "open"} == dict.fromkeys(
        ("/v1/generations", "/v1/generations/plan", "/v1/chat/completions", "/v1/providers"), "generate"
    )
