"""A path that takes POST alone: the framework finds it, guards it and catches what it raises, and does nothing else.

A handler with a signature costs more than all that a small request needs besides (benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive, Scope, Send

from service.web.problems import ProblemError

Answer = Callable[[HTTPScope, Receive], Awaitable[tuple[bytes, str]]]
_ALLOW = "OPTIONS, POST"
_TAKES = "takes"
_PAGES = frozenset({"text/html", "image/svg+xml"})
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SHOWN = ((b"content-security-policy", _POLICY.encode()),)
"""What a browser is told that shows a body: no script, nothing from outside."""


def posting(path: str, answer: Answer, opt: Mapping[str, Any]) -> ASGIRouteHandler:
    """The route of a path whose ``answer`` gives a body and its media type."""

    @asgi(path, opt={**opt, _TAKES: "POST"}, copy_scope=False)
    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        method = cast("HTTPScope", scope)["method"]
        if method == "OPTIONS":
            await _send(send, 204, [(b"allow", _ALLOW.encode())], b"")
            return
        refuse_other_methods(method, handle.opt)
        body, media_type = await answer(cast("HTTPScope", scope), receive)
        told = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
        headers = [(b"content-type", told.encode()), (b"content-length", str(len(body)).encode())]
        await _send(send, 200, [*headers, *(_SHOWN if media_type in _PAGES else ())], body)

    return handle


def refuse_other_methods(method: str, opt: Mapping[str, Any]) -> None:
    """405 for a method that the path of this ``opt`` does not take; the framework refuses for all other paths."""
    if opt.get(_TAKES, method) != method:
        raise ProblemError("method_not_allowed", "This path takes POST.", headers={"allow": _ALLOW})


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
