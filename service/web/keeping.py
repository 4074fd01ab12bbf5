"""What browsers may keep: an entity tag beside the bytes, and 304 for who has them (RFC 9110, 13.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from litestar import Request, Response

from service.web.body import listed_header


def tag_of(content: bytes) -> str:
    """An entity tag that changes with the bytes."""
    return f'"{sha256(content).hexdigest()[:16]}"'


def sent(
    request: Request[Any, Any, Any], content: bytes, tag: str, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """The bytes, or 304 where the browser has them."""
    told = {"ETag": tag, **headers}
    if has(listed_header(request.scope, b"if-none-match"), tag):
        return Response(b"", status_code=304, media_type=media_type, headers=told)
    return Response(content, media_type=media_type, headers=told)


def has(known: str | None, tag: str) -> bool:
    """Whether If-None-Match names this entity tag (weak comparison)."""
    tags = [part.strip().removeprefix("W/") for part in (known or "").split(",")]
    return tag in tags or tags == ["*"]
