"""GET /openapi.json: the OpenAPI 3.1 document, built when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from service.web.access.guard import OPEN


def openapi_handler(build: Callable[[], bytes]) -> HTTPRouteHandler:
    """The handler over the encoded document; served whatever Accept says, as tools ask for many types."""
    document = cache(build)

    @get("/openapi.json", opt=OPEN, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(document(), media_type="application/json")

    return openapi
