"""GET /openapi.json: the OpenAPI 3.1 document, built once."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from service.web.access.guard import OPEN


def openapi_handler(document: bytes) -> HTTPRouteHandler:
    """The handler over the encoded document; served whatever Accept says, as tools ask for many types."""

    @get("/openapi.json", opt=OPEN, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(document, media_type="application/json")

    return openapi
