"""POST /v1/generations and /v1/generations/plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from functools import partial
from time import perf_counter
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import Scope

from service.gateway import offers
from service.gateway.calibration_data import empty_columns
from service.gateway.catalogue import CATALOGUE
from service.gateway.closing import ClosedError
from service.gateway.desk import Desk
from service.gateway.keys import upstream_keys
from service.gateway.places import Places
from service.gateway.plan import plan_of
from service.gateway.prompts import Prompts
from service.gateway.providers.registry import CODECS
from service.gateway.recording import Recorder
from service.gateway.routes.bodies import whole_body
from service.gateway.routes.streaming import NDJSON, SSE, streamed
from service.gateway.run import Means, Run
from service.gateway.settings import Settings
from service.gateway.study import Study
from service.gateway.wire import checks
from service.gateway.wire.generation import GenerationRequest, to_study
from service.gateway.wire.records import CellRecord, EndRecord, ErrorRecord, Record
from service.web.access.account import account_of
from service.web.access.guard import needs
from service.web.body import header, listed_header
from service.web.failure import where
from service.web.negotiation import acceptable, content_type
from service.web.problems import FieldError, ProblemDocument, ProblemError, document, from_errors
from service.web.strict_json import StrictDecoder

TENANT = b"x-tenant"
_DECODER = StrictDecoder(GenerationRequest)


def generation_handlers(desk: Desk) -> list[HTTPRouteHandler]:
    """The two handlers."""

    @post("/v1/generations/plan", opt=needs("generate"), status_code=200)
    async def plan(request: Request[Any, Any, Any]) -> Response[bytes]:
        acceptable(listed_header(request.scope, b"accept"), ("application/json",))
        upstream_keys(request.scope, desk.settings.providers)  # what a run would refuse is refused
        with ExitStack() as kept:
            prompts = _prompts(await _study(request, desk, desk.plans, kept), desk, request.scope)
            reply = await asyncio.to_thread(plan_of, prompts, desk.settings.providers, CODECS)
        return Response(msgspec.json.encode(reply), media_type="application/json")

    @post("/v1/generations", opt=needs("generate"), status_code=200)
    async def generate(request: Request[Any, Any, Any]) -> ASGIResponse:
        media_type = acceptable(listed_header(request.scope, b"accept"), (NDJSON, SSE))
        keys = upstream_keys(request.scope, desk.settings.providers)
        with ExitStack() as kept:
            prompts = _prompts(await _study(request, desk, desk.runs, kept), desk, request.scope)
            await asyncio.to_thread(prompts.prepare)
            account_of(request.scope).charge(prompts.cells.n_cells)
            records = _counted(_run(prompts, desk, keys), desk, request.scope["state"]["request_id"])
            return streamed(records, media_type, ended=kept.pop_all().close)

    return [plan, generate]


async def _study(request: Request[Any, Any, Any], desk: Desk, places: Places, kept: ExitStack) -> Study:
    """The checked study of a request, every problem of it at once; its place and its body's bytes are ``kept``."""
    content_type(header(request.scope, b"content-type"), ("application/json",))
    places.refuse_when_full()
    body = await whole_body(request, desk.settings, kept.enter_context(desk.held.holding()))
    kept.enter_context(places.one())
    return await asyncio.to_thread(_checked, body, desk)


def _checked(body: bytearray, desk: Desk) -> Study:
    study = to_study(_DECODER.decode(body))
    found: list[FieldError] = checks.problems_of(study, _bounds(desk.settings))
    found += offers.problems_of(study, desk.settings.providers, CODECS)
    if found:
        raise from_errors(found)
    return study


def _bounds(settings: Settings) -> checks.Bounds:
    columns, arms, values = settings.calibration_columns, settings.calibration_arms, settings.calibration_values
    return checks.Bounds(settings.max_cells, columns, arms, values)


def _prompts(study: Study, desk: Desk, scope: Scope) -> Prompts:
    providers = desk.settings.providers
    places = {m.name: f"{m.provider} {providers[m.provider].base_url}" for m in study.models}
    found = {m.name: offers.offered(providers[m.provider], m.model) for m in study.models}
    withheld = {name: model.unsupported for name, model in found.items() if model is not None}
    return Prompts(study, places, withheld, _tenant(scope))


def _tenant(scope: Scope) -> str:
    """Whose cache this is: the caller's own, and within it what the caller says."""
    client, given = account_of(scope).client, header(scope, TENANT) or ""
    return f"{client}\n{given}" if client else given


def _run(prompts: Prompts, desk: Desk, keys: dict[str, str]) -> Run:
    study = prompts.study
    providers = {m.name: desk.settings.providers[m.provider] for m in study.models}
    prices = {m.name: offers.price_of(providers[m.name], m.model) for m in study.models}
    lines = {m.name: desk.line(providers[m.name], m.model) for m in study.models}
    clock = next(iter(lines.values())).clock
    means = Means(
        lines=lines,
        keys={m.name: keys.get(m.provider) for m in study.models},
        cache=desk.cache,
        budget=desk.budget(study),
        deadline=clock() + desk.seconds(study),
        most=desk.settings.max_in_flight,
        progress_seconds=desk.settings.progress_seconds,
        circuit_seconds=desk.settings.circuit_seconds,
    )
    columns = empty_columns(study) if study.output == "calibration" else None
    return Run(prompts, Recorder(prompts, providers, prices), means, columns)


async def _counted(run: Run, desk: Desk, request_id: str) -> AsyncGenerator[Record, None]:
    """The records of a run, counted; a fault of ours is an error line, then the end; a process that stops, the end."""
    started, first = perf_counter(), True
    try:
        async with aclosing(run.records()) as records:
            while record := await desk.closing.bounded(partial(anext, records, None)):
                if isinstance(record, CellRecord):
                    desk.metrics.cell(record)
                    if first:
                        desk.metrics.first_record(perf_counter() - started)
                        first = False
                yield record
    except ClosedError:
        yield _cut_short(run.end())
    except Exception as error:  # noqa: BLE001 - the 200 is out: the last boundary is this line
        problem = ProblemError("internal_error", f"The run failed ({where(error)}).")
        _, body = document(problem, CATALOGUE, request_id)
        yield ErrorRecord(msgspec.json.decode(body, type=ProblemDocument))
        yield _cut_short(run.end())


def _cut_short(end: EndRecord) -> EndRecord:
    return msgspec.structs.replace(end, complete=False)
