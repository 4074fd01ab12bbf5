"""The gateway as an ASGI application: litestar inside, telemetry outside, one boundary for refusals."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.types import ASGIApp
from prometheus_client import CollectorRegistry

from service.gateway.catalogue import CATALOGUE
from service.gateway.desk import Desk
from service.gateway.metrics import Metrics
from service.gateway.openapi import build_document
from service.gateway.proof import prove
from service.gateway.providers.registry import CODECS
from service.gateway.routes.chat import chat_handler
from service.gateway.routes.generations import generation_handlers
from service.gateway.routes.providers import providers_handler
from service.gateway.settings import Settings
from service.gateway.transport import Transport
from service.web.access.opening import open_access
from service.web.access.settings import listed
from service.web.access_log import LogWriter, to_stderr
from service.web.application import application
from service.web.boundary import exception_handlers
from service.web.cors import sharing
from service.web.probes import Lifecycle, probe_handlers
from service.web.process_metrics import process_metrics
from service.web.routes.docs import REFERENCE_ONLY
from service.web.routes.metrics import metrics_handler
from service.web.routes.openapi import openapi_handler
from service.web.routes.problems import problem_handlers
from service.web.telemetry import Telemetry
from service.web.tracing import open_tracer


@dataclass(frozen=True, slots=True)
class Gateway:
    """The application and the handles on its life and its work."""

    asgi: ASGIApp
    lifecycle: Lifecycle
    desk: Desk


def create_gateway(
    settings: Settings, transport: Transport | None = None, write_log: LogWriter | None = to_stderr
) -> Gateway:
    """The application for these settings; ``transport`` stands in for the socket in tests."""
    registry = CollectorRegistry()
    process_metrics(registry, "gateway")
    tracer = open_tracer(settings.traces_endpoint, settings.traces_share, "rectifier-gateway", registry)
    access = open_access(settings.access, "cells", registry, write_log)
    desk = Desk(settings, Metrics(registry, settings.providers), transport)
    lifecycle = Lifecycle(prove, busy=desk.runs.full, closing=desk.closing.begin)
    app = application(
        [
            *generation_handlers(desk),
            chat_handler(desk),
            providers_handler(settings.providers, CODECS),
            *problem_handlers(CATALOGUE),
            openapi_handler(build_document),
            *REFERENCE_ONLY,
            *probe_handlers(lifecycle),
            metrics_handler(registry),
        ],
        middleware=access.layers,
        on_startup=[lifecycle.start, access.watch.start],
        on_shutdown=[
            lifecycle.drain,
            access.watch.stop,
            desk.close,
            *([] if tracer is None else [tracer.close]),
        ],
        exception_handlers=exception_handlers(CATALOGUE),
    )
    write = write_log if settings.access_log else None
    shared = sharing(app, listed(settings.access.cors_origins))
    posts = [route.path for route in app.routes if "POST" in route.methods]
    return Gateway(Telemetry(shared, registry, CATALOGUE, write, tracer, posts=posts), lifecycle, desk)
