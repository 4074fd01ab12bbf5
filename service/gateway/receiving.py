"""A response as it may come in: header values that are text of bounded length, and no secret of its own request.

**Assumes** each secret header carries one secret, alone or after a scheme ("Bearer ..."). Shorter ones than
``SHORTEST`` are placeholders ("none", "EMPTY") that may as well be a word of the answer: they stay.
**Breaks** an echo in another spelling than the plain, the JSON and the percent-encoded one is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from service.gateway.providers.protocol import Received

SHORTEST: Final = 8
LONGEST_VALUE: Final = 1000
"""Characters of a header's value that are kept."""
REDACTED: Final = b"[redacted]"


def received(status: int, headers: Mapping[str, str], body: bytes, secret_headers: Mapping[str, str]) -> Received:
    """The response, with lower-case header names; header bytes that are no UTF-8 become the replacement character."""
    spellings = sorted(_spellings(secret_headers.values()), key=len, reverse=True)
    values = {name.lower(): _text(_without(_bytes(value), spellings)) for name, value in headers.items()}
    return Received(status, values, _without(body, spellings))


def _spellings(values: Iterable[str]) -> set[bytes]:
    secrets = [value.split(" ", 1)[-1].strip() for value in values]
    return {
        spelled.encode()
        for secret in secrets
        if len(secret) >= SHORTEST
        for spelled in (secret, secret.replace("/", "\\/"), quote(secret, safe=""))
    }


def _without(content: bytes, spellings: Iterable[bytes]) -> bytes:
    for spelled in spellings:
        if spelled in content:
            content = content.replace(spelled, REDACTED)
    return content


def _bytes(value: str) -> bytes:
    """The bytes that came; the client library keeps those that are no UTF-8 as lone surrogates."""
    return value.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")[:LONGEST_VALUE]
