"""CPU that metrics, log line, trace context and spans add to a request: `python -m benchmarks.telemetry`."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry

from service.api.app import create_service, labels
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.api.tally import Tally
from service.api.wire import calibration, facts
from service.web.otel import provided
from service.web.problems import web_catalogue
from service.web.telemetry import Telemetry

CALLS, REPEATS = 2000, 9
NAMES = (b"host", b"accept", b"user-agent", b"content-type", b"x-request-id")
HEADERS = [*((name, b"some-value") for name in NAMES), (b"content-length", b"0")]
TRACE = [*HEADERS, (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
App = Callable[[Any, Any, Any], Awaitable[None]]
STUDY = b"""{"data": {"layout": "arrays", "arms": [{"name": "a", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4]}]}}"""


class Nowhere(SpanExporter):
    def export(self, _spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


async def bare(scope: Any, _receive: Any, send: Any) -> None:
    scope["path_template"] = "/v1/x"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


async def called(app: App, path: str, headers: list[tuple[bytes, bytes]]) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers, "state": {}}
    rest = {"query_string": b"", "root_path": "", "http_version": "1.1", "scheme": "http", "asgi": {"version": "3.0"}}
    await app(scope | rest | {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}, receive, send)


async def microseconds(app: App, headers: list[tuple[bytes, bytes]], path: str = "/v1/x", calls: int = CALLS) -> float:
    """CPU of one call, the median of some rounds."""
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(calls):
            await called(app, path, headers)
        found.append((time.process_time() - began) / calls * 1e6)
    return statistics.median(found)


def timed(work: Callable[[], object]) -> float:
    """CPU of one piece of work in microseconds."""
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        found.append((time.process_time() - began) / CALLS * 1e6)
    return statistics.median(found)


def wrapped(*, log: bool, spans: bool) -> Telemetry:
    tracer = provided(Nowhere(), 1.0, "bench", CollectorRegistry()) if spans else None
    return Telemetry(bare, CollectorRegistry(), web_catalogue(), (lambda _line: None) if log else None, tracer)


async def main() -> None:
    plain = await microseconds(bare, HEADERS)
    print(f"bare ASGI application: {plain:.1f} us per request")
    for name, app, headers in (
        ("metrics, request id, headers", wrapped(log=False, spans=False), HEADERS),
        ("and the log line", wrapped(log=True, spans=False), HEADERS),
        ("and a traceparent", wrapped(log=True, spans=False), TRACE),
        ("and a span", wrapped(log=True, spans=True), TRACE),
    ):
        print(f"{name}: + {await microseconds(app, headers) - plain:.1f} us")
    parts = calibration_parts()
    job = calibration.to_core(msgspec.json.decode(STUDY, type=calibration.CalibrationRequest))
    answer = calibration.answered(job)
    tally = Tally(CollectorRegistry(), labels(parts))
    print(f"facts of an answer and their counts: {timed(lambda: tally.answered(facts.of_answer(answer))):.1f} us")
    print(f"the known answers of the canary: {timed_once(parts.deviation):.1f} ms")
    service = create_service(Settings(access_log=False), parts).asgi
    print(f"one scrape: {await microseconds(service, HEADERS, '/metrics', 20) / 1e3:.2f} ms")


def timed_once(work: Callable[[], object]) -> float:
    """CPU in milliseconds, the median of some."""
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1e3)
    return statistics.median(found)


if __name__ == "__main__":
    asyncio.run(main())
