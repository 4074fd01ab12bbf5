"""GET /v1/methods: what can be estimated and how, from the cards of the registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from service.web.access.guard import OPEN
from service.web.body import listed_header
from service.web.negotiation import acceptable

JSON = "application/json"


def method_handler(cards: Callable[[], Mapping[str, Sequence[object]]]) -> HTTPRouteHandler:
    """The handler over cards by kind (estimands, estimators, intervals, ...); encoded once, when first asked for."""

    @cache
    def document() -> bytes:
        return msgspec.json.encode({kind: list(entries) for kind, entries in cards().items()})

    @get("/v1/methods", opt=OPEN, sync_to_thread=False)
    def methods(request: Request[Any, Any, Any]) -> Response[bytes]:
        acceptable(listed_header(request.scope, b"accept"), (JSON,))
        return Response(document(), media_type=JSON)

    return methods
