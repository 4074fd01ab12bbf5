"""Errors as OpenAI's clients read them, and whether these should try again: what was tried here in vain, not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response

from service.gateway.catalogue import CATALOGUE
from service.gateway.providers.protocol import Completion, Failure, Missing
from service.web.problems import ProblemError

_STATUS: Final = {"caller": 400, "upstream": 502, "overloaded": 503}
_STATUS_BY_REASON: Final[Mapping[Missing, int]] = {
    "auth_failed": 401,
    "rate_limited": 429,
    "budget_exhausted": 429,
    "timeout": 504,
    "deadline": 504,
    "circuit_open": 503,
}
_NOT_AGAIN: Final = {"x-should-retry": "false"}


def error(status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """An error."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    body = msgspec.json.encode({"error": {"message": text, "type": kind, "code": code, "param": None}})
    return Response(body, status_code=status, media_type="application/json", headers=headers or {})


def refused(problem: ProblemError) -> Response[bytes]:
    """A refusal of ours with the status that its code has everywhere."""
    entry = CATALOGUE.get(problem.code)
    return error((entry and entry.status) or 422, problem.code, problem.detail, problem.headers)


def failed(failure: Failure, rests: float, headers: Mapping[str, str]) -> Response[bytes]:
    """A failure; ``rests``: seconds for which the provider is left alone."""
    status = _STATUS_BY_REASON.get(failure.missing, _STATUS[failure.by])
    if failure.missing == "circuit_open":
        return error(status, failure.missing, failure.detail, {**headers, "Retry-After": _seconds(rests)})
    wait = {} if failure.retry_after is None else {"Retry-After": _seconds(failure.retry_after)}
    return error(status, failure.missing, failure.detail, {**headers, **wait, **_NOT_AGAIN})


def unanswered(completion: Completion, headers: Mapping[str, str]) -> Response[bytes]:
    """A completion that holds no answer."""
    code = completion.missing or "empty"
    return error(400 if code == "context_overflow" else 502, code, completion.detail, {**headers, **_NOT_AGAIN})


def _seconds(wait: float) -> str:
    return str(max(math.ceil(wait), 1))
