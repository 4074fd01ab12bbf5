"""Traces, off by default: what the telemetry asks of a tracer, and which one the settings choose.

The tracer itself (``otel.py``) needs the extra ``otel`` and is imported only when an endpoint is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry

from service.web.environment import SettingsError
from service.web.trace_context import TraceParent


class Span(Protocol):
    """A request under way."""

    @property
    def parent(self) -> TraceParent:
        """What others who belong to this request name as their parent."""
        ...

    def end(self, name: str, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        """The request has ended; must not raise and not wait."""
        ...


class Tracer(Protocol):
    """Where spans begin and go."""

    def begin(self, parent: TraceParent | None) -> Span:
        """A span for a request, in the caller's trace if it named one."""
        ...

    async def close(self) -> None:
        """Send what waits, within a bounded time."""
        ...


def open_tracer(endpoint: str, share: float, service: str, registry: CollectorRegistry) -> Tracer | None:
    """The tracer that sends to this OTLP/HTTP address; None without one. ``share`` of the traces that begin here."""
    if not endpoint:
        return None
    if not endpoint.startswith(("http://", "https://")):
        raise SettingsError("RECTIFIER_TRACES_ENDPOINT: an http or https address is needed")
    if not 0 < share <= 1:
        raise SettingsError("RECTIFIER_TRACES_SHARE: a share above 0 and at most 1 is needed")
    try:
        from service.web import otel
    except ImportError:
        raise SettingsError("RECTIFIER_TRACES_ENDPOINT: the extra otel is not installed") from None
    return otel.tracer(endpoint, share, service, registry)
