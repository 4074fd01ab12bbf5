"""The outermost layer: metrics, one log line and one span per request, HEAD, and a last answer when all fails."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

import msgspec
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from prometheus_client import CollectorRegistry

from service.web import problems
from service.web.access_log import AccessLine, LogWriter, attributes, media_type, size_class, to_stderr
from service.web.body import ClientGoneError
from service.web.exchange import Exchange
from service.web.failure import where
from service.web.http_metrics import HttpMetrics
from service.web.problems import Catalogue, ProblemError
from service.web.tracing import Span, Tracer

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE = 499
_UNTRACED = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})  # asked every few seconds, by machines
_ENCODE = msgspec.json.Encoder().encode


class Telemetry:
    """ASGI wrapper around the whole application; without ``tracer`` no spans, without ``write`` no lines.

    ``posts`` are the paths whose numbers are there from the start.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: CollectorRegistry,
        catalogue: Catalogue,
        write: LogWriter | None = to_stderr,
        tracer: Tracer | None = None,
        *,
        posts: Collection[str] = (),
    ) -> None:
        self._app, self._catalogue, self._write, self._tracer = app, catalogue, write, tracer
        self._metrics = HttpMetrics(registry, catalogue, posts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; everything but HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        exchange = Exchange(scope, receive, send)
        span = self._begin(exchange, scope["path"])
        method = str(scope["method"]) if scope["method"] in _METHODS else "other"
        inner: HTTPScope = scope | {"method": HttpMethod.GET} if method == "HEAD" else scope
        exchange.state = inner.setdefault("state", {})
        exchange.state["request_id"] = exchange.id
        failure: str | None = None
        self._metrics.in_flight += 1
        try:
            await self._app(inner, exchange.receive, exchange.send)
        except ClientGoneError:
            exchange.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the last boundary: nothing may pass it
            failure = where(error)
            await self._last_answer(inner, exchange)
        finally:
            self._metrics.in_flight -= 1
            seconds = perf_counter() - started
            self._account(_line(inner, method, exchange, seconds, failure), seconds, span)

    def _begin(self, exchange: Exchange, path: str) -> Span | None:
        if self._tracer is None or (exchange.trace is None and path in _UNTRACED):
            return None
        span = self._tracer.begin(exchange.trace)
        exchange.trace = span.parent
        return span

    async def _last_answer(self, scope: HTTPScope, exchange: Exchange) -> None:
        if exchange.started:
            return
        problem = ProblemError("internal_error", "The service failed; the request id identifies the failure.")
        scope["state"]["problem"] = problem.code
        status, body = problems.document(problem, self._catalogue, exchange.id)
        length = str(len(body)).encode()
        headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", length)]
        await exchange.send({"type": "http.response.start", "status": status, "headers": headers})
        await exchange.send({"type": "http.response.body", "body": body, "more_body": False})

    def _account(self, line: AccessLine, seconds: float, span: Span | None) -> None:
        self._metrics.record(line, seconds)
        if span is not None:
            span.end(f"{line.method} {line.route}", attributes(line), failed=line.status >= 500)
        if self._write is not None:
            self._write(_ENCODE(line))


def _line(scope: HTTPScope, method: str, exchange: Exchange, seconds: float, failure: str | None) -> AccessLine:
    state = scope["state"]
    return AccessLine(
        event="request",
        request_id=exchange.id,
        trace_id=None if exchange.trace is None else exchange.trace.trace_id,
        method=method,
        route=scope.get("path_template") or "unmatched",
        media_type=media_type(exchange.content_type),
        status=exchange.status,
        duration_ms=round(seconds * 1e3, 3),
        size_class=size_class(exchange.received),
        bytes_in=exchange.received,
        bytes_out=exchange.sent,
        client=state.get("client"),
        problem=state.get("problem"),
        failure=failure or state.get("failure"),
    )
