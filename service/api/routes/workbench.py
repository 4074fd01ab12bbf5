"""GET / and /workbench/{name}: the workbench, one page in the browser; its files are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.web.access.guard import OPEN
from service.web.keeping import sent, tag_of
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
    return content, tag_of(content)


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
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _CSP}
    return sent(request, *_read(name), KINDS[suffix(name)], headers)


WORKBENCH_HANDLERS: list[HTTPRouteHandler] = [page, asset]
