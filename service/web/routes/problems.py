"""GET /v1/problems and /v1/problems/{code}: the catalogue that the type of every problem document points into."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.negotiation import acceptable
from service.web.problems import Catalogue, Entry, ProblemError

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "background:Canvas;color:CanvasText}code{overflow-wrap:anywhere}a{color:inherit}"
)
Show = Callable[[Request[Any, Any, Any], str | None], Awaitable[Response[bytes]]]
"""The page of a code, or of all."""
_OFFERED = ("application/json", "text/html")
_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def problem_handlers(catalogue: Catalogue, show: Show | None = None) -> list[HTTPRouteHandler]:
    """The two handlers over one catalogue; ``show`` makes the pages for browsers, else they are bare."""
    shown = show or _bare(catalogue)

    @get("/v1/problems", opt=OPEN)
    async def every(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await _answer(request, {"problems": list(catalogue.values())}, None, shown)

    @get("/v1/problems/{code:str}", opt=OPEN)
    async def one(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
        entry = catalogue.get(code)
        if entry is None:
            raise ProblemError("not_found", "The catalogue has no such code.")
        return await _answer(request, entry, code, shown)

    return [every, one]


async def _answer(request: Request[Any, Any, Any], document: object, code: str | None, shown: Show) -> Response[bytes]:
    media_type = acceptable(listed_header(request.scope, b"accept"), _OFFERED)
    if media_type == "application/json":
        return Response(msgspec.json.encode(document), media_type=media_type, headers={"Vary": "Accept"})
    answer = await shown(request, code)
    answer.headers["Vary"] = "Accept"
    return answer


def _bare(catalogue: Catalogue) -> Show:
    async def shown(_request: Request[Any, Any, Any], code: str | None) -> Response[bytes]:
        body = _page(tuple(catalogue.values()) if code is None else (catalogue[code],)).encode()
        return Response(body, media_type="text/html", headers={"Content-Security-Policy": _CSP})

    return shown


def _page(entries: tuple[Entry, ...]) -> str:
    sections = "".join(
        f'<section id="{escape(e.code)}"><h2><code>{escape(e.code)}</code> {escape(e.title)}</h2>'
        f"<p>{escape(_kind(e))}. {escape(e.meaning)}</p><p><b>What to do:</b> {escape(e.action)}</p></section>"
        for e in entries
    )
    name = f"{entries[0].code}: {entries[0].title}" if len(entries) == 1 else "Errors and warnings"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(name)} - Rectifier</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>Errors and warnings</h1>"
        f'{sections}<p><a href="/v1/problems">All codes</a></p></main></body></html>'
    )


def _kind(entry: Entry) -> str:
    return f"Error, {entry.status} {HTTPStatus(entry.status).phrase}" if entry.status else "Warning"
