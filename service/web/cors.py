"""Which web pages of other origins may call (CORS): none, unless the operator lists their exact origins.

No cookies are ever used, so credentials mode is never allowed; keys travel in headers that the page sets itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from service.web.body import header

_SENT: Final = (
    "Accept, Authorization, Content-Encoding, Content-Type, Traceparent, X-API-Key, X-Request-Id, X-Tenant, "
    "X-Upstream-Key"
)
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    (b"access-control-allow-headers", _SENT.encode()),
    (b"access-control-max-age", b"600"),
]
_VARY: Final = (b"vary", b"Origin")


def sharing(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """The application for pages of these origins too; without origins, the application itself.

    Its headers are left in the state for the exchange around it, so that a last answer has them, too.
    """
    if not origins:
        return app
    allowed = frozenset(origins)

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        extra = [_VARY]
        if origin in allowed and origin is not None:
            extra += [(b"access-control-allow-origin", origin.encode()), (b"access-control-expose-headers", b"*")]
            if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
                await _answered(send, [*extra, *_PREFLIGHT])
                return
        scope["state"]["page_headers"] = extra
        await app(scope, receive, send)

    return shared


async def _answered(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
