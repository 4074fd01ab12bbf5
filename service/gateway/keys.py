"""Keys that a caller brings: ``X-Upstream-Key: openai=..., anthropic=...``; for one request, never written down."""

from __future__ import annotations

from collections.abc import Container

from litestar.types import Scope

from service.web.problems import ProblemError

NAME = b"x-upstream-key"
MAX_LENGTH = 16_384
_PART = r"[!-+\--<>-~][ -+\--<>-~]*=[ -+\--~]*[!-+\--~]"
PATTERN = rf"^\s*({_PART}\s*)?(,\s*({_PART}\s*)?)*$"
"""What ``upstream_keys`` takes, as OpenAPI says it: printable ASCII, keys without a comma; empty parts mean nothing."""


def upstream_keys(scope: Scope, providers: Container[str]) -> dict[str, str]:
    """Keys by provider, of all such headers; 422 for what is no list of provider=key, or would not be used."""
    text = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == NAME)
    if len(text) > MAX_LENGTH:
        raise _malformed()
    keys: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        provider, equals, key = part.partition("=")
        if not equals or not provider.strip() or not key.strip() or not part.isascii() or not part.isprintable():
            raise _malformed()
        name = provider.strip()
        if name not in providers:
            raise ProblemError("unknown_provider", "X-Upstream-Key has a key for a provider that is not configured.")
        if name in keys:
            raise ProblemError("malformed_upstream_key", "X-Upstream-Key has two keys for one provider.")
        keys[name] = key.strip()
    return keys


def _malformed() -> ProblemError:
    return ProblemError("malformed_upstream_key", "X-Upstream-Key is not a list of provider=key.")
