"""A request's body as it was before it was compressed, within the operator's bounds."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request

from service.gateway.settings import Settings
from service.web.body import BodyLimits, header, read_body
from service.web.compression import InflateLimits, inflate
from service.web.negotiation import content_encoding


async def whole_body(request: Request[Any, Any, Any], settings: Settings) -> bytearray:
    """The body. ProblemError: 408 too slow, 413 too large, 415 an encoding that is not known, 400 a broken one."""
    scope, most = request.scope, settings.max_body_bytes
    encoding = content_encoding(header(scope, b"content-encoding"))
    limits = BodyLimits(most, settings.body_idle_seconds, settings.body_seconds)
    body = await read_body(scope, request.receive, limits)
    if encoding == "identity":
        return body
    return await asyncio.to_thread(inflate, body, encoding, InflateLimits(max_bytes=4 * most, max_values=10 * most))
