"""The calibration service as an ASGI application: litestar inside, telemetry outside, one boundary for refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from prometheus_client import CollectorRegistry

from service.api.catalogue import CATALOGUE
from service.api.openapi import build_document
from service.api.parsing.parser import Parser
from service.api.placement import Placement
from service.api.routes.computation import Computation
from service.api.routes.handler import computation_handler
from service.api.routes.methods import method_handler
from service.api.routes.site import problem_pages, site_handlers
from service.api.routes.workbench import WORKBENCH_HANDLERS
from service.api.routes.working import Desk
from service.api.settings import Settings
from service.api.tally import Labels, Tally
from service.api.work_metrics import WorkMetrics
from service.calibration.card import Card
from service.calibration.errors import CalibrationError
from service.web import problems
from service.web.access.opening import open_access
from service.web.access.settings import listed
from service.web.access_log import LogWriter, to_stderr
from service.web.application import application
from service.web.body import Held
from service.web.boundary import exception_handlers, refusal
from service.web.canary import Canary
from service.web.cors import sharing
from service.web.probes import Lifecycle, probe_handlers
from service.web.process_metrics import process_metrics
from service.web.routes.docs import REFERENCE_HANDLERS
from service.web.routes.metrics import metrics_handler
from service.web.routes.openapi import openapi_handler
from service.web.routes.problems import problem_handlers
from service.web.telemetry import Telemetry
from service.web.tracing import open_tracer

if TYPE_CHECKING:
    from service.api.site.site import Site


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of; tests bring their own. Cards by kind, imported when first asked for."""

    computations: Sequence[Computation[Any, Any]]
    cards: Mapping[str, Callable[[], Sequence[Card]]] = field(default_factory=dict)
    prove: Callable[[], None] = lambda: None
    deviation: Callable[[], float] = lambda: 0.0
    write_log: LogWriter | None = to_stderr


@dataclass(frozen=True, slots=True)
class Service:
    """The application and the handles on its life and its work."""

    asgi: ASGIApp
    lifecycle: Lifecycle
    placement: Placement
    parser: Parser
    held: Held


def create_service(settings: Settings, parts: Parts) -> Service:
    """The application for these settings."""
    deadline = settings.limits.deadline_seconds
    placement = Placement(settings.threads, settings.queue, deadline, settings.inline_queue)
    parser, held = Parser(), Held(settings.held_body_bytes)
    registry = CollectorRegistry()
    process_metrics(registry, "calibration")
    WorkMetrics(registry, placement, held, parser)
    tally = Tally(registry, labels(parts))
    bounds = (settings.inline_body_bytes, settings.inline_work, settings.thread_parse_seconds)
    desk = Desk(settings.limits, placement, parser, held, tally, *bounds)
    lifecycle = Lifecycle(parts.prove, busy=lambda: placement.busy() or held.busy())
    canary = Canary(parts.deviation, settings.canary_seconds, registry)
    tracer = open_tracer(settings.traces_endpoint, settings.traces_share, "rectifier-calibration", registry)
    closers = [] if tracer is None else [tracer.close]
    access = open_access(settings.access, "work-units", registry, parts.write_log)
    starting = [lifecycle.start, canary.start, access.watch.start, *([parser.start] if settings.parse_process else [])]
    app = application(
        [
            *(computation_handler(computation, desk) for computation in parts.computations),
            *_descriptions(parts),
            *probe_handlers(lifecycle),
            metrics_handler(registry),
        ],
        middleware=access.layers,
        on_startup=starting,
        on_shutdown=[lifecycle.drain, access.watch.stop, canary.stop, placement.close, parser.close, *closers],
        exception_handlers={**exception_handlers(CATALOGUE), CalibrationError: _refuse_core},
    )
    write_log = parts.write_log if settings.access_log else None
    shared = sharing(app, listed(settings.access.cors_origins))
    posts = [computation.path for computation in parts.computations]
    told = Telemetry(shared, registry, CATALOGUE, write_log, tracer, posts=posts)
    return Service(told, lifecycle, placement, parser, held)


def _descriptions(parts: Parts) -> list[HTTPRouteHandler]:
    """The paths that tell what there is."""
    contract = partial(build_document, parts.computations)

    @cache
    def cards() -> Mapping[str, Sequence[Card]]:
        return {kind: group() for kind, group in parts.cards.items()}

    @cache
    def site() -> Site:
        from service.api.site.site import Site

        return Site(cards, CATALOGUE, contract)

    return [
        method_handler(cards),
        *problem_handlers(CATALOGUE, problem_pages(site)),
        openapi_handler(contract),
        *REFERENCE_HANDLERS,
        *site_handlers(site),
        *WORKBENCH_HANDLERS,
    ]


def labels(parts: Parts) -> Labels:
    """The words that may become labels: paths, names of cards, warnings of the catalogue."""

    def names(kind: str) -> tuple[str, ...]:
        return tuple(card.name for card in parts.cards.get(kind, tuple)())

    return Labels(
        routes=tuple(computation.path for computation in parts.computations),
        estimands=names("estimands"),
        estimators=names("estimators"),
        intervals=names("intervals"),
        warnings=tuple(code for code, entry in CATALOGUE.items() if entry.status is None),
    )


def _refuse_core(request: Request[Any, Any, Any], error: CalibrationError) -> Response[bytes]:
    return refusal(request, problems.from_errors(error.problems), CATALOGUE)
