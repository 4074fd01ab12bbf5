"""GET /v1/problems and /v1/problems/{code}: the catalogue that the type of every problem document points into."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.negotiation import acceptable
from service.web.problems import Catalogue, Entry, ProblemError

_OFFERED = ("application/json", "text/html")
_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def problem_handlers(catalogue: Catalogue) -> list[HTTPRouteHandler]:
    """The two handlers over one catalogue."""

    @get("/v1/problems", opt=OPEN, sync_to_thread=False)
    def every(request: Request[Any, Any, Any]) -> Response[bytes]:
        return _answer(request, {"problems": list(catalogue.values())}, tuple(catalogue.values()))

    @get("/v1/problems/{code:str}", opt=OPEN, sync_to_thread=False)
    def one(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
        entry = catalogue.get(code)
        if entry is None:
            raise ProblemError("not_found", "The catalogue has no such code.")
        return _answer(request, entry, (entry,))

    return [every, one]


def _answer(request: Request[Any, Any, Any], document: object, entries: tuple[Entry, ...]) -> Response[bytes]:
    media_type = acceptable(listed_header(request.scope, b"accept"), _OFFERED)
    headers = {"Vary": "Accept"}
    if media_type == "application/json":
        return Response(msgspec.json.encode(document), media_type=media_type, headers=headers)
    headers["Content-Security-Policy"] = _CSP
    return Response(_page(entries).encode(), media_type="text/html", headers=headers)


def _page(entries: tuple[Entry, ...]) -> str:
    sections = "".join(
        f'<section id="{escape(e.code)}"><h2><code>{escape(e.code)}</code> {escape(_kind(e))}</h2>'
        f"<p><b>{escape(e.title)}.</b> {escape(e.meaning)}</p><p><b>What to do:</b> {escape(e.action)}</p></section>"
        for e in entries
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Problems - Rectifier</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}</style></head>"
        f'<body><h1>Errors and warnings</h1>{sections}<p><a href="/v1/problems">All codes</a></p></body></html>'
    )


def _kind(entry: Entry) -> str:
    return str(entry.status) if entry.status else "warning"
