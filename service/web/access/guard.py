"""The gate in front of every path of an application that does not say it is open: who forgets to say it, is closed.

The framework finds the path first, so what is guarded is exactly what would run, however its address was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from service.web.access.gate import Gate
from service.web.posting import refuse_other_methods

_KEY: Final = "scope"
_OPEN: Final = "open"
OPEN: Final[dict[str, Any]] = {_KEY: _OPEN}
"""``opt`` of a handler that everybody may call."""


def needs(scope: str) -> dict[str, Any]:
    """``opt`` of a handler for callers with this scope."""
    return {_KEY: scope}


def guarding(gate: Gate) -> Callable[[ASGIApp], ASGIApp]:
    """The layer for all paths of an application. Which methods a path takes is told to everybody: OPTIONS and 405."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP and scope["method"] != "OPTIONS":
                opt = scope["route_handler"].opt
                refuse_other_methods(scope["method"], opt)
                needed = opt.get(_KEY)
                if needed != _OPEN:
                    scope["state"]["account"] = gate.admit(scope, needed)
            await app(scope, receive, send)

        return guarded

    return layer
