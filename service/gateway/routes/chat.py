"""POST /v1/chat/completions: OpenAI's wire in and out; what was sent, tried and spent stands in headers."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from service.gateway import offers
from service.gateway.closing import ClosedError
from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import Budget
from service.gateway.desk import Desk
from service.gateway.keys import upstream_keys
from service.gateway.pass_through import (
    JsonObject,
    NotSentError,
    PassThrough,
    as_stream,
    chat_body,
    is_answer,
    passing,
)
from service.gateway.providers.offer import OfferedModel, Provider
from service.gateway.providers.protocol import Completion, Failure
from service.gateway.providers.registry import CODECS
from service.gateway.routes.bodies import whole_body
from service.gateway.routes.chat_errors import error, failed, refused, unanswered
from service.gateway.routes.chat_headers import provenance
from service.gateway.routes.listening import listened_to
from service.gateway.study import Caps
from service.web.access.account import account_of
from service.web.access.gate import presented_in
from service.web.access.guard import needs
from service.web.access.key import PREFIX
from service.web.body import FREE_BYTES, header
from service.web.problems import ProblemError
from service.web.strict_json import json_tree

MOST_VALUES = 100_000
"""Of a chat's body: thousands of messages and tools; what one becomes in memory is decoded without a type."""
_MODEL_LETTERS = 200
_KEY_LETTERS = 20
"""Shorter ones are placeholders of clients that must send something."""


def chat_handler(desk: Desk) -> HTTPRouteHandler:
    """The handler."""

    @post(
        "/v1/chat/completions",
        opt=needs("generate"),
        status_code=200,
        exception_handlers={ProblemError: _refused},
    )
    async def complete(request: Request[Any, Any, Any]) -> Response[bytes]:
        keys = upstream_keys(request.scope, desk.settings.providers)
        with desk.chats.one(), desk.held.holding() as holding:
            content = await whole_body(request, desk.settings, holding, MOST_VALUES)
            large = len(content) > FREE_BYTES
            body = await asyncio.to_thread(json_tree, content) if large else json_tree(content)
            if not isinstance(body, dict):
                return error(400, "invalid_request", "the body is not an object")
            return await _told(desk, body, keys, request)

    return complete


async def _told(
    desk: Desk, body: JsonObject, keys: Mapping[str, str], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """The answer, or why there is none."""
    try:
        provider, model = _place(desk, body.get("model"))
        brought = keys.get(provider.name) or (_bearer(request.scope) if provider.bearer else None)
        return await desk.closing.bounded(lambda: _answered(desk, provider, model, body, (brought, request)))
    except NotSentError as reason:
        return error(reason.status, reason.code, str(reason))
    except ClosedError:
        return error(503, "not_ready", "the service is being stopped", {"Retry-After": "1"})


def _refused(request: Request[Any, Any, Any], problem: ProblemError) -> Response[bytes]:
    request.scope["state"]["problem"] = problem.code
    return refused(problem)


class UnknownModelError(NotSentError):
    """No such provider or model."""

    status, code = 404, "model_not_found"


def _place(desk: Desk, named: object) -> tuple[Provider, OfferedModel]:
    """Provider and model of ``provider/model``."""
    providers = desk.settings.providers
    name, _, model = named.partition("/") if isinstance(named, str) else ("", "", "")
    provider = providers.get(name)
    found = offers.offered(provider, model) if provider and 0 < len(model) <= _MODEL_LETTERS else None
    if provider is None or found is None:
        raise UnknownModelError(f"model is provider/model, with a provider of: {', '.join(sorted(providers))}")
    return provider, found


async def _answered(
    desk: Desk,
    provider: Provider,
    model: OfferedModel,
    body: JsonObject,
    caller: tuple[str | None, Request[Any, Any, Any]],
) -> Response[bytes]:
    key, request = caller
    passed = passing(CODECS[provider.codec], body, model)
    account_of(request.scope).charge(_answers(body))
    shared = desk.line(provider, model.name)  # held until it has answered: others find it meanwhile
    line = dataclasses.replace(shared, codec=passed.codec)
    budget = Budget(Caps(usd=desk.settings.max_usd if model.price else None))
    deadline = line.clock() + provider.timeout_seconds * 3
    asked = await listened_to(request.receive, ask(line, passed.call, budget, deadline, key=key))
    headers = provenance(line, asked, passed.added, brought=key is not None)
    if isinstance(asked.result, Failure):
        return failed(asked.result, line.breaker.rests, headers)
    if not is_answer(asked.result):
        return unanswered(asked.result, headers)
    return _completed(asked.result, body, model.name, headers, raw=isinstance(passed.codec, PassThrough))


def _answers(body: JsonObject) -> int:
    """How many answers a checked body asks for."""
    count = body.get("n")
    return count if isinstance(count, int) else 1


def _completed(
    completion: Completion, body: JsonObject, model: str, headers: dict[str, str], *, raw: bool
) -> Response[bytes]:
    content = (completion.text or "").encode()
    answer: JsonObject = msgspec.json.decode(content) if raw else chat_body(completion, model, int(time.time()))
    if body.get("stream"):
        options = body.get("stream_options")
        usage = isinstance(options, dict) and options.get("include_usage") is True
        return Response(as_stream(answer, usage=usage), media_type="text/event-stream", headers=headers)
    return Response(content if raw else msgspec.json.encode(answer), media_type="application/json", headers=headers)


def _bearer(scope: Scope) -> str | None:
    """The key that an OpenAI client sends; ``none`` and the like mean the server's. NotSentError for what is no key.

    What says who asks us, or is a key of ours for whatever reason, goes to nobody else.
    """
    scheme, _, key = (header(scope, b"authorization") or "").partition(" ")
    found = key.strip()
    if scheme.lower() != "bearer" or len(found) < _KEY_LETTERS or found.startswith(PREFIX):
        return None
    if account_of(scope).client and found == presented_in(scope):
        return None
    if not (found.isascii() and found.isprintable()):
        raise NotSentError("the bearer in Authorization is no key")
    return found
