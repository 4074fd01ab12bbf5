"""The outermost layer: Prometheus histograms, one JSON log line per request, HEAD, and a last answer when all fails.

Labels and log fields come from fixed lists. Bodies, query strings, names and values never reach them.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from time import perf_counter

import msgspec
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.web import problems
from service.web.body import ClientGoneError
from service.web.exchange import Exchange
from service.web.problems import Catalogue, ProblemError

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SIZES = ((0, "empty"), (1 << 10, "1KiB"), (1 << 16, "64KiB"), (1 << 20, "1MiB"), (1 << 24, "16MiB"))
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_CLIENT_GONE = 499
LogWriter = Callable[[bytes], object]


class _Line(msgspec.Struct, frozen=True):
    """Every field an access log line may have."""

    event: str
    request_id: str
    method: str
    route: str
    status: int
    duration_ms: float
    size_class: str
    bytes_in: int
    bytes_out: int
    failure: str | None = None


def size_class(size: int) -> str:
    """The label for a body of so many bytes."""
    return next((name for bound, name in _SIZES if size <= bound), "larger")


def to_stderr(line: bytes) -> None:
    """Write one log line."""
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()


class Telemetry:
    """ASGI wrapper around the whole application."""

    def __init__(
        self, app: ASGIApp, registry: CollectorRegistry, catalogue: Catalogue, write: LogWriter | None = to_stderr
    ) -> None:
        self._app, self._catalogue, self._write = app, catalogue, write
        names = ("method", "route", "status", "size_class")
        self._seconds = Histogram(
            "rectifier_http_request_duration_seconds", "Whole request.", names, buckets=_BUCKETS, registry=registry
        )
        self._observers: dict[tuple[object, ...], Histogram] = {}
        self._in_flight = Gauge("rectifier_http_requests_in_flight", "Requests being answered.", registry=registry)
        self._failures = Counter("rectifier_http_failures_total", "Faults of ours.", ("route",), registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; everything but HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        exchange = Exchange(scope, receive, send)
        method = str(scope["method"]) if scope["method"] in _METHODS else "other"
        inner: HTTPScope = scope | {"method": HttpMethod.GET} if method == "HEAD" else scope
        inner.setdefault("state", {})["request_id"] = exchange.id
        failure: str | None = None
        self._in_flight.inc()
        try:
            await self._app(inner, exchange.receive, exchange.send)
        except ClientGoneError:
            exchange.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the last boundary: nothing may pass it
            failure = where(error)
            await self._last_answer(exchange)
        finally:
            self._in_flight.dec()
            self._account(inner, method, exchange, perf_counter() - started, failure)

    async def _last_answer(self, exchange: Exchange) -> None:
        if exchange.started:
            return
        problem = ProblemError("internal_error", "The service failed; the request id identifies the failure.")
        status, body = problems.document(problem, self._catalogue, exchange.id)
        length = str(len(body)).encode()
        headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", length)]
        await exchange.send({"type": "http.response.start", "status": status, "headers": headers})
        await exchange.send({"type": "http.response.body", "body": body, "more_body": False})

    def _account(self, scope: HTTPScope, method: str, exchange: Exchange, seconds: float, failure: str | None) -> None:
        route = scope.get("path_template") or "unmatched"
        failure = failure or scope["state"].get("failure")
        size = size_class(exchange.received)
        labels = (method, route, exchange.status, size)
        observer = self._observers.get(labels)
        if observer is None:
            observer = self._observers[labels] = self._seconds.labels(*map(str, labels))
        observer.observe(seconds)
        if failure:
            self._failures.labels(route).inc()
        if self._write is not None:
            line = _Line(
                event="request",
                request_id=exchange.id,
                method=method,
                route=route,
                status=exchange.status,
                duration_ms=round(seconds * 1e3, 3),
                size_class=size,
                bytes_in=exchange.received,
                bytes_out=exchange.sent,
                failure=failure,
            )
            self._write(msgspec.json.encode(line))


def where(error: BaseException) -> str:
    """Class and place of an exception, without its message, which may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
