"""GET /metrics: Prometheus text."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from service.web.access.guard import OPEN


def metrics_handler(registry: CollectorRegistry) -> HTTPRouteHandler:
    """The handler over one registry."""

    @get("/metrics", opt=OPEN, sync_to_thread=False)
    def metrics() -> Response[bytes]:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST.partition("; charset")[0])

    return metrics
