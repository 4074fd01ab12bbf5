"""The ``X-Rectifier-`` headers of a chat completion: who was asked, with whose key, what was added and spent."""

from __future__ import annotations

from collections.abc import Mapping

from service.gateway.conduct.asking import Asked
from service.gateway.conduct.line import Line


def provenance(line: Line, asked: Asked, added: Mapping[str, int], *, brought: bool) -> dict[str, str]:
    """The headers; ``brought``: the key was the caller's."""
    result = asked.result
    headers = {
        "X-Rectifier-Provider": line.provider.name,
        "X-Rectifier-Model": line.model,
        "X-Rectifier-Attempts": str(len(asked.attempts)),
        "X-Rectifier-Latency-Ms": f"{asked.latency_ms:.1f}",
        "X-Rectifier-Usd": f"{asked.spent.usd:.9f}" if line.price else "unknown",
        "X-Rectifier-Key": "caller" if brought else "operator" if line.provider.key else "none",
        "X-Rectifier-Added": ", ".join(f"{name}={value}" for name, value in added.items()),
        "X-Rectifier-Missing": result.missing or "",
        "X-Rectifier-Upstream-Request-Id": result.request_id or "",
    }
    return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}
