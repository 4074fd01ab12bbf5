"""From the bytes of a body, compressed or not, to the decoded request and the digest of what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

from service.api.limits import Limits
from service.api.reading.media import Reader
from service.web.compression import count_values, inflate, too_many_values

QUICK_BYTES = 1_000  # smaller bodies are read as fast by the strict decoder (benchmarks/parse.py)
Wire = TypeVar("Wire")


def decoded(
    reader: Reader[Wire], body: bytearray, encoding: str, parameters: Mapping[str, str], limits: Limits
) -> tuple[Wire, str]:
    """The decoded request and its digest; ``ProblemError`` for what is over a limit or cannot be read."""
    if encoding != "identity":
        body = inflate(body, encoding, limits.inflate(reader.separators))
    elif len(body) > limits.max_values and count_values(body, reader.separators) > limits.max_values:
        raise too_many_values(limits.max_values)
    quick = None if len(body) < QUICK_BYTES or reader.columns is None else reader.columns(body, parameters)
    return quick or reader.decode(body, parameters), digest(body, parameters)


def digest(body: bytearray, parameters: Mapping[str, Any]) -> str:
    """SHA-256 of the body, decompressed; of a CSV request, of its plan and data parameters and the body."""
    whole = hashlib.sha256()
    for name in sorted(parameters):
        whole.update(f"{name}={parameters[name]}\n".encode())
    whole.update(body)
    return f"sha256:{whole.hexdigest()}"
