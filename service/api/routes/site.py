"""GET /docs, /docs/{page}, /docs/{section}/{page}: the documentation, made of what the repository says."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.api.routes.workbench import has
from service.api.site.site import HTML, Page, Site
from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.problems import ProblemError
from service.web.routes.problems import Show

_CSP = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_KEPT_SECONDS = 300


def site_handlers(site: Site) -> list[HTTPRouteHandler]:
    """The handlers of a site: its first page, its pages, the pages of its sections."""

    @get("/docs", opt=OPEN)
    async def contents(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await _shown(site, request, "index")

    @get("/docs/{page:str}", opt=OPEN)
    async def page(request: Request[Any, Any, Any], page: FromPath[str]) -> Response[bytes]:
        return await _shown(site, request, page)

    @get("/docs/{section:str}/{page:str}", opt=OPEN)
    async def deep(request: Request[Any, Any, Any], section: FromPath[str], page: FromPath[str]) -> Response[bytes]:
        return await _shown(site, request, f"{section}/{page}")

    return [contents, page, deep]


def problem_pages(site: Site) -> Show:
    """What /v1/problems shows to browsers: the same pages."""

    async def shown(request: Request[Any, Any, Any], code: str | None) -> Response[bytes]:
        return await _shown(site, request, f"problems/{code}" if code else "problems")

    return shown


async def _shown(site: Site, request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A page from memory, or made in the thread for it; 304 when the browser has it."""
    page = site.kept(path) or await asyncio.get_running_loop().run_in_executor(site.maker, site.page, path)
    if page is None:
        raise ProblemError("not_found", "The documentation has no such page.")
    headers = _headers(page)
    if has(listed_header(request.scope, b"if-none-match"), page.etag):
        return Response(b"", status_code=304, media_type=page.media_type, headers=headers)
    return Response(page.body, media_type=page.media_type, headers=headers)


def _headers(page: Page) -> dict[str, str]:
    headers = {"ETag": page.etag, "Cache-Control": f"max-age={_KEPT_SECONDS}"}
    return headers | {"Content-Security-Policy": _CSP} if page.media_type == HTML else headers
