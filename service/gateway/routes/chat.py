"""POST /v1/chat/completions: OpenAI's wire in and out; what was sent, tried and spent stands in headers."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from service.gateway import offers
from service.gateway.conduct.asking import Asked, ask
from service.gateway.conduct.budget import Budget
from service.gateway.desk import Desk
from service.gateway.keys import upstream_keys
from service.gateway.pass_through import JsonObject, PassThrough, UnsupportedError, as_stream, chat_body, passing
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Completion, Failure
from service.gateway.providers.registry import CODECS
from service.gateway.study import Caps
from service.web.body import BodyLimits, header, read_body
from service.web.problems import ProblemError
from service.web.strict_json import json_tree

_STATUS = {"caller": 400, "upstream": 502, "overloaded": 503}
_STATUS_BY_REASON = {"auth_failed": 401, "rate_limited": 429, "timeout": 504, "deadline": 504, "budget_exhausted": 429}


def chat_handler(desk: Desk) -> HTTPRouteHandler:
    """The handler."""

    @post("/v1/chat/completions", status_code=200)
    async def complete(request: Request[Any, Any, Any]) -> Response[bytes]:
        settings = desk.settings
        limits = BodyLimits(settings.max_body_bytes, settings.body_idle_seconds, settings.body_seconds)
        try:
            keys = upstream_keys(request.scope) | _bearer(header(request.scope, b"authorization"))
            body = json_tree(await read_body(request.scope, request.receive, limits))
        except ProblemError as problem:
            return _error(400, problem.code, problem.detail)
        if not isinstance(body, dict):
            return _error(400, "invalid_request", "the body is not an object")
        return await _answered(desk, body, keys)

    return complete


async def _answered(desk: Desk, body: JsonObject, keys: dict[str, str]) -> Response[bytes]:
    name, slash, model = str(body.get("model") or "").partition("/")
    provider = desk.settings.providers.get(name)
    if not slash or provider is None or offers.offered(provider, model) is None:
        known = ", ".join(sorted(desk.settings.providers))
        return _error(404, "model_not_found", f"model is provider/model, with a provider of: {known}")
    try:
        codec, call = passing(CODECS[provider.codec], body, model)
    except UnsupportedError as error:
        return _error(400, "unsupported", str(error))
    line = dataclasses.replace(desk.line(provider, model), codec=codec)
    known_price = offers.price_of(provider, model) is not None
    budget = Budget(Caps(usd=desk.settings.max_usd if known_price else None))
    asked = await ask(
        line, call, budget, line.clock() + provider.timeout_seconds * 3, key=keys.get(name) or keys.get("")
    )
    headers = _provenance(provider, model, asked)
    if isinstance(asked.result, Failure):
        status = _STATUS_BY_REASON.get(asked.result.missing, _STATUS[asked.result.by])
        return _error(status, asked.result.missing, asked.result.detail, headers)
    return _completed(asked.result, body, model, headers, raw=isinstance(codec, PassThrough))


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


def _bearer(authorization: str | None) -> dict[str, str]:
    """OpenAI clients send a key of their own; ``none`` and the like mean the server's."""
    scheme, _, key = (authorization or "").partition(" ")
    return {"": key.strip()} if scheme.lower() == "bearer" and len(key.strip()) >= 20 else {}


def _provenance(provider: Provider, model: str, asked: Asked) -> dict[str, str]:
    result = asked.result
    headers = {
        "X-Rectifier-Provider": provider.name,
        "X-Rectifier-Model": model,
        "X-Rectifier-Attempts": str(len(asked.attempts)),
        "X-Rectifier-Latency-Ms": f"{asked.latency_ms:.1f}",
        "X-Rectifier-Usd": f"{asked.spent.usd:.9f}" if offers.price_of(provider, model) else "unknown",
    }
    if result.request_id and result.request_id.isascii() and result.request_id.isprintable():
        headers["X-Rectifier-Upstream-Request-Id"] = result.request_id
    return {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}


def _error(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    """An error as OpenAI's clients read it."""
    error = {"message": text, "type": "invalid_request_error" if status < 500 else "server_error", "code": code}
    body = msgspec.json.encode({"error": error | {"param": None}})
    return Response(body, status_code=status, media_type="application/json", headers=headers or {})
