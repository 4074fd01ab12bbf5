from __future__ import annotations

import asyncio
import json
import socket
import time

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CollectorRegistry

from service.web.otel import CountedExporter, OtelTracer, provided, tracer
from service.web.problems import web_catalogue
from service.web.telemetry import Telemetry
from tests.web.asgi import ask
from tests.web.collector import collecting, plain

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SECRET = "Zaphod"


async def app(scope, receive, send) -> None:
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/broken":
        raise KeyError(SECRET)
    scope["path_template"] = "/v1/x"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


def served(made: OtelTracer, lines: list[bytes] | None = None) -> Telemetry:
    return Telemetry(app, CollectorRegistry(), web_catalogue(), (lines if lines is not None else []).append, made)


def in_memory(share: float = 1.0) -> tuple[OtelTracer, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    return provided(exporter, share, "rectifier-test", CollectorRegistry()), exporter


def finished(made: OtelTracer, exporter: InMemorySpanExporter) -> tuple:
    made._provider.force_flush()
    return exporter.get_finished_spans()


def test_a_request_is_a_span_in_the_callers_trace_and_nothing_of_the_data_is_in_it() -> None:
    made, exporter = in_memory()
    lines: list[bytes] = []
    headers = {
        "traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": f"x={SECRET}", "baggage": f"x={SECRET}",
        "x-other": SECRET, "content-type": "text/csv", "x-request-id": "r1", "authorization": f"Bearer {SECRET}",
    }  # fmt: skip
    answer = ask(served(made, lines), "POST", f"/{SECRET}?{SECRET}=1", headers=headers, body=[SECRET.encode()])
    (span,) = finished(made, exporter)
    assert (span.name, span.kind, span.status.status_code) == ("POST /v1/x", SpanKind.SERVER, StatusCode.UNSET)
    assert f"{span.context.trace_id:032x}" == TRACE == json.loads(lines[0])["trace_id"]
    assert f"{span.parent.span_id:016x}" == SPAN
    assert answer.headers["traceparent"] == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert dict(span.attributes) == {
        "rectifier.request_id": "r1", "http.request.method": "POST", "http.route": "/v1/x",
        "rectifier.media_type": "text/csv", "http.response.status_code": 200, "rectifier.size_class": "1KiB",
        "http.request.body.size": 6, "http.response.body.size": 2,
    }  # fmt: skip
    assert SECRET not in span.to_json()
    assert span.start_time < span.end_time


def test_a_request_without_a_trace_begins_one_and_a_failure_is_an_error_without_its_message() -> None:
    made, exporter = in_memory()
    answer = ask(served(made), "GET", "/broken")
    (span,) = finished(made, exporter)
    assert (span.status.status_code, span.attributes["error.type"], span.parent) == (StatusCode.ERROR, "KeyError", None)
    assert answer.headers["traceparent"].split("-")[1] == f"{span.context.trace_id:032x}"
    assert SECRET not in span.to_json()
    assert span.events == ()


def test_probes_and_scrapes_begin_no_traces_but_may_be_part_of_one() -> None:
    made, exporter = in_memory()
    assert "traceparent" not in ask(served(made), "GET", "/readyz").headers
    ask(served(made), "GET", "/readyz", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    assert len(finished(made, exporter)) == 1


def test_the_callers_decision_on_sampling_counts() -> None:
    made, exporter = in_memory(share=1e-9)
    for flags in ("00", "01"):
        ask(served(made), "GET", "/", headers={"traceparent": f"00-{TRACE}-{SPAN}-{flags}"})
    ask(served(made), "GET", "/")
    assert len(finished(made, exporter)) == 1


def test_spans_reach_a_collector_when_the_service_stops() -> None:
    registry = CollectorRegistry()
    with collecting() as collector:
        made = tracer(collector.url, 1.0, "rectifier-test", registry)
        ask(served(made), "GET", "/v1/x")
        asyncio.run(made.close())
        assert collector.came.wait(10)
        (span,) = collector.spans()
        assert (span.name, plain(span)["http.route"]) == ("GET /v1/x", "/v1/x")
        assert collector.resource()["service.name"] == "rectifier-test"
    assert registry.get_sample_value("rectifier_trace_spans_total", {"outcome": "exported"}) == 1


def test_a_collector_that_refuses_or_is_gone_costs_spans_and_nothing_else(capfd) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/traces"
        with collecting(400) as refusing:
            for url in (refusing.url, gone):
                registry = CollectorRegistry()
                made = tracer(url, 1.0, "rectifier-test", registry)
                assert ask(served(made), "GET", "/").status == 200
                started = time.monotonic()
                asyncio.run(made.close())
                assert time.monotonic() - started < 10
                made._provider.force_flush()
                lost = registry.get_sample_value("rectifier_trace_spans_total", {"outcome": "lost"})
                assert lost == 1
    assert capfd.readouterr() == ("", "")


def test_an_exporter_that_raises_loses_its_spans() -> None:
    class Raising(SpanExporter):
        def export(self, spans):
            raise OSError(SECRET)

    registry = CollectorRegistry()
    assert CountedExporter(Raising(), registry).export([1, 2]) is SpanExportResult.FAILURE
    assert registry.get_sample_value("rectifier_trace_spans_total", {"outcome": "lost"}) == 2
