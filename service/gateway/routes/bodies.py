"""A request's body as it was before it was compressed, within the operator's bounds."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from litestar import Request

from service.gateway.settings import VALUE_BYTES, Settings
from service.web.body import BodyLimits, Holding, header, read_body
from service.web.compression import InflateLimits, count_values, inflate, too_many_values
from service.web.negotiation import content_encoding

SEPARATORS: Final = b",[{"
"""Every value but the first of a list or object has a comma before it; an empty list or object has only its bracket."""


async def whole_body(
    request: Request[Any, Any, Any], settings: Settings, holding: Holding, most_values: int | None = None
) -> bytearray:
    """The body, held.

    ProblemError: 408 too slow, 413 too large or of too many values, 415 an unknown encoding, 400 a broken one, 503 no
    room for it.
    """
    scope, most = request.scope, settings.max_body_bytes
    values = min(settings.max_values, most_values or settings.max_values)
    encoding = content_encoding(header(scope, b"content-encoding"))
    limits = BodyLimits(most, settings.body_idle_seconds, settings.body_seconds)
    if encoding != "identity":
        holding.grow(most)  # what it may become
    body = await read_body(scope, request.receive, limits, holding)
    if encoding != "identity":
        body = await asyncio.to_thread(inflate, body, encoding, InflateLimits(most, values, SEPARATORS))
    count = count_values(body, SEPARATORS)
    if count > values:
        raise too_many_values(values)
    holding.grow(len(body) + VALUE_BYTES * count)
    return body
