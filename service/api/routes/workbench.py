"""GET / and /workbench/{name}: the workbench, one page in the browser; its files are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.problems import ProblemError

PAGE = "index.html"
KINDS: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".csv": "text/csv",
}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


@cache
def _names() -> frozenset[str]:
    return frozenset(f.name for f in files("service.api").joinpath("workbench").iterdir() if suffix(f.name) in KINDS)


@cache
def _read(name: str) -> tuple[bytes, str]:
    """The file and its entity tag."""
    content = files("service.api").joinpath("workbench", name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'


def suffix(name: str) -> str:
    """The last dot and what follows it."""
    return "." + name.rpartition(".")[2]


@get("/", opt=OPEN, sync_to_thread=False)
def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page."""
    return _answer(request, PAGE)


@get("/workbench/{name:str}", opt=OPEN, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A module, the style or an example of the page."""
    if name == PAGE or name not in _names():
        raise ProblemError("not_found", "The workbench has no such file.")
    return _answer(request, name)


def _answer(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """The file, or 304 where the browser has it; it asks every time, so that page and modules are of one version."""
    content, tag = _read(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": _CSP}
    if has(listed_header(request.scope, b"if-none-match"), tag):
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=KINDS[suffix(name)], headers=headers)


def has(known: str | None, tag: str) -> bool:
    """Whether If-None-Match names this entity tag (RFC 9110, 13.1.2: weak comparison)."""
    tags = [part.strip().removeprefix("W/") for part in (known or "").split(",")]
    return tag in tags or tags == ["*"]


WORKBENCH_HANDLERS: list[HTTPRouteHandler] = [page, asset]
