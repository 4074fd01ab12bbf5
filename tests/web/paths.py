"""Which paths a service has, told by its own routes: lists in tests that no new path can be missing from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Litestar


def handlers(app: Litestar) -> Iterator[tuple[str, Any]]:
    """Every path and each of its handlers, but for the one that answers OPTIONS."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            if getattr(handler, "http_methods", None) != {"OPTIONS"}:
                yield route.path, handler


def posts(app: Litestar) -> list[str]:
    """The paths that take POST."""
    return sorted(
        path
        for path, handler in handlers(app)
        if "POST" in {handler.opt.get("takes"), *getattr(handler, "http_methods", ())}
    )
