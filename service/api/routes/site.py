"""GET /docs, /docs/{page}, /docs/{section}/{page}, /docs/search: the documentation, made of the repository."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.api.render.media import HTML
from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.keeping import sent
from service.web.problems import ProblemError
from service.web.routes.problems import Show

if TYPE_CHECKING:
    from service.api.site.site import Site

_CSP = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_KEPT_SECONDS = 300
A = TypeVar("A")
R = TypeVar("R")


def site_handlers(site: Callable[[], Site]) -> list[HTTPRouteHandler]:
    """The handlers of a site, which is built at the first request: its first page, its pages, those of its sections."""

    @get("/docs", opt=OPEN)
    async def contents(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await _shown(site(), request, "index")

    @get("/docs/{page:str}", opt=OPEN)
    async def page(request: Request[Any, Any, Any], page: FromPath[str]) -> Response[bytes]:
        return await _shown(site(), request, page)

    @get("/docs/{section:str}/{page:str}", opt=OPEN)
    async def deep(request: Request[Any, Any, Any], section: FromPath[str], page: FromPath[str]) -> Response[bytes]:
        return await _shown(site(), request, f"{section}/{page}")

    @get("/docs/search", opt=OPEN)
    async def search(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await _made(site(), site().search, _query(request))
        return Response(body, media_type=HTML, headers={"Content-Security-Policy": _CSP})

    return [contents, page, deep, search]


def problem_pages(site: Callable[[], Site]) -> Show:
    """What /v1/problems shows to browsers: the same pages."""

    async def shown(request: Request[Any, Any, Any], code: str | None) -> Response[bytes]:
        return await _shown(site(), request, f"problems/{code}" if code else "problems")

    return shown


async def _shown(site: Site, request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A page from memory, or made in the thread for it; 304 when the browser has it."""
    page = site.kept(path) or await _made(site, site.page, path)
    if page is None:
        return await _nowhere(site, request)
    return sent(request, page.body, page.etag, page.media_type, _headers(page.media_type))


async def _nowhere(site: Site, request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page for browsers, which ask for one by its type; a problem document for everybody else."""
    if HTML not in (listed_header(request.scope, b"accept") or ""):
        raise ProblemError("not_found", "The documentation has no such page.")
    request.scope["state"]["problem"] = "not_found"
    body = await asyncio.get_running_loop().run_in_executor(site.maker, site.nowhere)
    return Response(body, status_code=404, media_type=HTML, headers={"Content-Security-Policy": _CSP})


async def _made(site: Site, make: Callable[[A], R], of: A) -> R:
    """What the one thread that makes pages makes."""
    return await asyncio.get_running_loop().run_in_executor(site.maker, make, of)


def _query(request: Request[Any, Any, Any]) -> str:
    """The words that are looked for, without what cannot be shown."""
    from service.api.site.search import MOST_LETTERS

    given = parse_qs(request.scope["query_string"].decode("latin-1"), errors="replace").get("q", [""])[0]
    return "".join(letter for letter in given[:MOST_LETTERS] if letter.isprintable())


def _headers(media_type: str) -> dict[str, str]:
    kept = {"Cache-Control": f"max-age={_KEPT_SECONDS}"}
    return kept | {"Content-Security-Policy": _CSP} if media_type == HTML else kept
