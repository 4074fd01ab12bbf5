"""Keys that a caller brings: ``X-Upstream-Key: openai=..., anthropic=...``; for one request, never written down."""

from __future__ import annotations

from litestar.types import Scope

from service.web.body import header
from service.web.problems import ProblemError

NAME = b"x-upstream-key"
MAX_LENGTH = 16_384
_PART = r"[!-+\--<>-~][ -+\--<>-~]*=[ -+\--~]*[!-+\--~]"
PATTERN = rf"^\s*({_PART}\s*)?(,\s*({_PART}\s*)?)*$"
"""What ``upstream_keys`` takes, as OpenAPI says it: printable ASCII, keys without a comma; empty parts mean nothing."""


def upstream_keys(scope: Scope) -> dict[str, str]:
    """Keys by provider; 422 for a header that is not a list of provider=key."""
    text = header(scope, NAME) or ""
    if len(text) > MAX_LENGTH:
        raise _malformed()
    keys = {}
    for part in filter(None, map(str.strip, text.split(","))):
        provider, equals, key = part.partition("=")
        if not equals or not provider.strip() or not key.strip() or not part.isascii() or not part.isprintable():
            raise _malformed()
        keys[provider.strip()] = key.strip()
    return keys


def _malformed() -> ProblemError:
    return ProblemError("malformed_upstream_key", "X-Upstream-Key is not a list of provider=key.")
