"""Spans by OpenTelemetry, sent to a collector by OTLP over HTTP from a thread of its own (extra ``otel``).

A collector that is slow, broken or gone costs spans, never a request: the queue is bounded, the oldest spans are
dropped, and what was lost is counted.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from prometheus_client import CollectorRegistry, Counter

from service.web.trace_context import TraceParent

_EXPORT_SECONDS = 3.0
_CLOSE_SECONDS = 4.0
_QUEUED_SPANS = 2048


class CountedExporter(SpanExporter):
    """An exporter whose failures are counted and never raised."""

    def __init__(self, exporter: SpanExporter, registry: CollectorRegistry) -> None:
        self._exporter = exporter
        self._spans = Counter(
            "rectifier_trace_spans_total", "Spans handed to the collector, by outcome.", ("outcome",), registry=registry
        )
        for outcome in ("exported", "lost"):
            self._spans.labels(outcome)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 - whatever a collector answers, requests go on
            result = SpanExportResult.FAILURE
        self._spans.labels("exported" if result is SpanExportResult.SUCCESS else "lost").inc(len(spans))
        return result

    def shutdown(self) -> None:
        """No more batches."""
        self._exporter.shutdown()


class OtelSpan:
    """One request."""

    __slots__ = ("_span", "parent")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        flags = f"{context.trace_flags:02x}"
        self.parent = TraceParent(trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id), flags)

    def end(self, name: str, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        """The request has ended."""
        self._span.update_name(name)
        self._span.set_attributes(attributes)
        if failed:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class OtelTracer:
    """Spans of one service."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("rectifier")

    def begin(self, parent: TraceParent | None) -> OtelSpan:
        """A span for a request; its trace goes on where the caller's stopped."""
        return OtelSpan(self._tracer.start_span("request", _context(parent), kind=trace.SpanKind.SERVER))

    async def close(self) -> None:
        """Send what waits; a collector that does not answer is not waited for."""
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # by now nobody may be waiting
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=send, daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await sent.wait()


def provided(exporter: SpanExporter, share: float, service: str, registry: CollectorRegistry) -> OtelTracer:
    """The tracer over an exporter: spans in batches, the caller's decision on sampling, else ``share`` of them."""
    resource = Resource.create({"service.name": service, "service.version": version("rectifier")})
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)), resource=resource, shutdown_on_exit=False)
    batches = BatchSpanProcessor(CountedExporter(exporter, registry), max_queue_size=_QUEUED_SPANS)
    provider.add_span_processor(batches)
    return OtelTracer(provider)


def tracer(endpoint: str, share: float, service: str, registry: CollectorRegistry) -> OtelTracer:
    """The tracer that sends to a collector; what the library has to say of lost spans is what the counter says."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    return provided(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS), share, service, registry)


def _context(parent: TraceParent | None) -> Context:
    if parent is None:
        return Context()
    flags = trace.TraceFlags(int(parent.flags, 16))
    came = trace.SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(came), Context())
