"""GET /docs/api: the API's reference; every asset is in this package and the page asks no other host."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from service.web.access.guard import OPEN
from service.web.keeping import sent, tag_of
from service.web.problems import ProblemError

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_KEPT_SECONDS = 3600
_ASSETS = {
    "docs.css": ("docs.css", "text/css"),
    "docs.js": ("docs.js", "text/javascript"),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
}


@cache
def _read(name: str) -> tuple[bytes, str]:
    """The file and its entity tag."""
    content = files("service.web").joinpath("static", name).read_bytes()
    return content, tag_of(content)


@get("/docs/api", opt=OPEN, sync_to_thread=False)
def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _CSP}
    return sent(request, *_read("docs.html"), "text/html", headers)


@get("/docs/api/{name:str}", opt=OPEN, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script or style of the page."""
    if name not in _ASSETS:
        raise ProblemError("not_found", "The documentation has no such asset.")
    path, media_type = _ASSETS[name]
    return sent(request, *_read(path), media_type, {"Cache-Control": f"max-age={_KEPT_SECONDS}"})


@get("/docs", opt=OPEN, sync_to_thread=False)
def moved() -> Redirect:
    """To the reference, where a service has no other documentation."""
    return Redirect("/docs/api")


REFERENCE_HANDLERS: list[HTTPRouteHandler] = [page, asset]
REFERENCE_ONLY: list[HTTPRouteHandler] = [*REFERENCE_HANDLERS, moved]
