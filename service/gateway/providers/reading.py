"""Reading responses without trusting them: tolerant JSON, typed getters, and what a response that failed means.

**Assumes** nothing about the bytes: every function here returns, whatever it is given.
**Breaks** a spent quota or a prompt that is too long is told by some providers only in their English sentence; the few
phrases looked for stand below, and a provider that rewords them turns ``context_overflow`` into ``unsupported`` and a
spent quota into a rate limit that is retried a few times for nothing.
**Differs** from the clients, which try a 409 again unasked (a lock that timed out): here only with ``x-should-retry``,
and never where the caller has to act first, whatever the header says.
**Source** the providers' own client libraries: openai 3.54, anthropic 2.12 and google-genai 3.4 (which statuses are
tried again, ``retry-after-ms``, ``retry-after``, ``x-should-retry``); google.rpc error_details (RetryInfo, ErrorInfo,
QuotaFailure); the Amazon Bedrock Converse reference (exceptions and their statuses).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import msgspec

from service.gateway.providers.protocol import Failure, Missing, Received

JsonObject = Mapping[str, object]

BAD_KEY: Final = frozenset({
    "invalid_api_key", "authentication_error", "permission_error", "api_key_invalid", "permission_denied",
    "unauthenticated", "accessdeniedexception", "unrecognizedclientexception", "expiredtokenexception",
    "account_deactivated",
})  # fmt: skip
SPENT: Final = frozenset({
    "insufficient_quota", "billing_error", "billing_not_active", "billing_hard_limit_reached",
    "servicequotaexceededexception",
})  # fmt: skip
SPENT_PHRASES: Final[Mapping[int, tuple[str, ...]]] = {
    400: ("credit balance is too low",),
    429: ("per day", "perday", "per_day"),
}
TOO_LONG: Final = frozenset({"context_length_exceeded", "string_above_max_length", "request_too_large"})
TOO_LONG_PHRASES: Final = (
    "maximum context length", "prompt is too long", "input is too long", "exceeds the maximum number of tokens",
    "exceed context limit", "context window",
)  # fmt: skip
BLOCKED: Final = frozenset({
    "content_filter", "content_policy_violation", "invalid_prompt", "moderation_blocked",
    "responsibleaipolicyviolation", "bio_policy", "misalignment_policy_violation", "image_content_policy_violation",
})  # fmt: skip
BLOCKED_OUTPUT_PHRASES: Final = ("output blocked by content filtering policy",)

_OURS: Final[Mapping[str, str]] = {
    "auth_failed": "the provider does not accept the key for this model",
    "blocked_input": "the provider does not let this prompt through",
    "blocked_output": "the provider's filter stopped the answer",
    "context_overflow": "the prompt is longer than the model takes",
    "unsupported": "the provider says that the request is wrong for this model",
    "timeout": "the provider ran out of time",
}
LONGEST_REQUEST_ID: Final = 200
_LARGEST: Final = sys.float_info.max
_Actor = Literal["caller", "upstream", "overloaded"]


def value_of(body: bytes) -> object:
    """The JSON value of a body; None where it is none (or is nested too deep, or holds half a surrogate pair)."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return None


def object_of(body: bytes) -> JsonObject | None:
    """The JSON object of a body; None where it is none."""
    value = value_of(body)
    return value if isinstance(value, dict) else None


def at(value: object, *path: str | int) -> object:
    """What stands at a path of keys and positions; None where the path does not lead."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(value: object, *path: str | int) -> str | None:
    """The text at a path, the empty one included; None where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else None


def number_at(value: object, *path: str | int) -> float | None:
    """The finite number at a path; None where there is none (true and false are no numbers)."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) <= _LARGEST else None


def count_at(value: object, *path: str | int) -> int:
    """The whole number >= 0 at a path; 0 where there is none."""
    found = number_at(value, *path)
    return int(found) if found is not None and 0 <= found <= 2**53 else 0


def list_at(value: object, *path: str | int) -> list[object]:
    """The list at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def object_at(value: object, *path: str | int) -> JsonObject:
    """The object at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def request_id_of(headers: Mapping[str, str], body: object = None) -> str | None:
    """The provider's name for this exchange, cut short: from its headers, else ``request_id`` or ``id`` of the body."""
    named = (headers.get(name) for name in ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid"))
    found = next((name for name in named if name), None) or text_at(body, "request_id") or text_at(body, "id")
    return found[:LONGEST_REQUEST_ID] if found else None


def retry_after(headers: Mapping[str, str], body: object = None) -> float | None:
    """Seconds the provider asks us to wait, >= 0: ``retry-after-ms``, ``retry-after``, or Google's RetryInfo.

    A date in ``retry-after`` counts from the response's own ``date``: our clock plays no part; without it: None.
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _seconds(asked)
    if seconds is None:
        seconds = _between(headers.get("date"), asked)
    return seconds if seconds is not None else _retry_info(body)


def failure_of(received: Received, status: int | None = None) -> Failure:
    """What a response that is no completion means; ``status`` where the body names another than the response has."""
    body = value_of(received.body)
    status = received.status if status is None else status
    missing, retryable, by, detail = _meaning(status, _words(received.headers, body), _message(body))
    asked = received.headers.get("x-should-retry")
    if missing in {"rate_limited", "upstream_error", "timeout"} and by != "caller" and asked in {"true", "false"}:
        retryable = asked == "true"
    return Failure(
        missing=missing,
        retryable=retryable,
        by=by,
        detail=f"{detail} (status {status})",
        retry_after=retry_after(received.headers, body),
        request_id=request_id_of(received.headers, body),
    )


def unreadable(received: Received) -> Failure:
    """A successful status whose body is no completion.

    No JSON: broken on its way, and worth another try as any transport error. JSON of another shape: not a server that
    speaks this wire, and trying again would change nothing.
    """
    broken = object_of(received.body) is None
    detail = "the response is not a JSON object" if broken else "the response is not what this wire returns"
    return Failure("upstream_error", broken, "upstream", detail, request_id=request_id_of(received.headers))


def _meaning(status: int, words: frozenset[str], message: str) -> tuple[Missing, bool, _Actor, str]:
    if words & SPENT or status == 402 or _says(message, SPENT_PHRASES.get(status, ())):
        return "rate_limited", False, "caller", "a quota is spent or has to be paid for"
    if status == 429:
        return "rate_limited", True, "upstream", "the provider limits the rate"
    if status in {503, 529} or "overloaded_error" in words:
        return "upstream_error", True, "overloaded", "the provider is overloaded"
    if status in {408, 504}:
        return "timeout", True, "upstream", _OURS["timeout"]
    if status in {400, 401, 403, 404, 405, 410, 413, 415, 422}:
        missing = _wrong(status, words, message)
        return missing, False, "caller", _OURS[missing]
    return "upstream_error", status >= 500, "upstream", "the provider failed"


def _says(message: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in message for phrase in phrases)


def _wrong(status: int, words: frozenset[str], message: str) -> Missing:
    if words & BLOCKED:
        return "blocked_input"
    if _says(message, BLOCKED_OUTPUT_PHRASES):
        return "blocked_output"
    if status in {401, 403} or words & BAD_KEY:
        return "auth_failed"
    if status == 413 or words & TOO_LONG or _says(message, TOO_LONG_PHRASES):
        return "context_overflow"
    return "unsupported"


def _error_of(body: object) -> object:
    first = at(body, 0) if isinstance(body, list) else body
    return at(first, "error") or first


def _message(body: object) -> str:
    error = _error_of(body)
    if isinstance(error, str):
        return error.lower()
    quotas = (
        text_at(each, "quotaId") or "" for part in list_at(error, "details") for each in list_at(part, "violations")
    )
    return " ".join((text_at(error, "message") or "", *quotas)).lower()


def _words(headers: Mapping[str, str], body: object) -> frozenset[str]:
    return frozenset(word.lower() for word in _codes(headers, body) if word)


def _codes(headers: Mapping[str, str], body: object) -> Iterator[str | None]:
    error = _error_of(body)
    yield from (text_at(error, name) for name in ("code", "type", "status"))
    yield text_at(error, "innererror", "code")
    yield from (text_at(part, "reason") for part in list_at(error, "details"))
    yield (text_at(body, "__type") or "").rpartition("#")[2]
    yield headers.get("x-amzn-errortype", "").partition(":")[0]


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return max(value, 0.0) if math.isfinite(value) else None


def _between(now: str | None, then: str | None) -> float | None:
    if not now or not then:
        return None
    try:
        return max((parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a time zone
        return None


def _retry_info(body: object) -> float | None:
    delays = (text_at(part, "retryDelay") for part in list_at(_error_of(body), "details"))
    return next((_seconds(delay.removesuffix("s")) for delay in delays if delay), None)
