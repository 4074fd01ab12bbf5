"""OpenAI's responses wire (``POST {base}/responses``, base ending in /v1).

A ``logprob`` call asks for the least output the wire takes (16 tokens) and reads the first token's 20 most likely
alternatives; a schema goes as strict ``text.format``. ``stream`` is sent although false is OpenAI's own default:
``transformers serve`` streams where it is not said.

**Assumes** the first token of the answer tells the options apart.
**Breaks** reasoning is part of ``max_output_tokens``: a model that thinks may end ``truncated`` without a word. A
server may call completed what it cut short (``transformers serve``): an answer of all the tokens that it was allowed
is ``truncated`` whatever its status, even where it happened to end there. The wire has no ``seed``, ``stop`` or
penalties: they are dropped.
**Source** openai 3.54, types/responses/response_create_params.py, response.py, response_error.py, response_usage.py;
the least ``max_output_tokens`` is the API's own error message for smaller ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.gateway.providers.composing import dropped, merged, parameters_of, renamed, sent
from service.gateway.providers.concluding import Alternatives, alternatives, concluded
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Call, Capabilities, Completion, Failure, Missing, Received, Sent
from service.gateway.providers.reading import (
    JsonObject,
    at,
    count_at,
    failure_of,
    list_at,
    object_of,
    request_id_of,
    text_at,
    unreadable,
)

LEAST_OUTPUT_TOKENS: Final = 16
TOP_LOGPROBS: Final = 20

_WIRE: Final[Mapping[str, str]] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_output_tokens",
    "service_tier": "service_tier",
}
_TAKEN: Final = frozenset({*_WIRE, "reasoning_effort"})
_CAPABILITIES: Final = Capabilities(frozenset({"logprob", "sample", "verbalized"}), _TAKEN)
_INCOMPLETE: Final[Mapping[str, Missing]] = {"content_filter": "blocked_output"}  # by any other reason: cut short
_STATUS: Final[Mapping[str, int]] = {
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "vector_store_timeout": 504,
}
_COUNTS: Final = Counts(
    ("input_tokens",),
    ("output_tokens",),
    cached=("input_tokens_details", "cached_tokens"),
    reasoning=("output_tokens_details", "reasoning_tokens"),
)


@dataclass(frozen=True, slots=True)
class OpenAIResponses:
    """The codec; it has no state."""

    name: str = "openai_responses"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request: the system text as ``instructions``, the user text as ``input``."""
        requested = parameters_of(call, label_tokens=LEAST_OUTPUT_TOKENS)
        parameters = {"store": False, "stream": False} | renamed(requested, _WIRE)
        if "reasoning_effort" in requested:
            parameters["reasoning"] = {"effort": requested["reasoning_effort"]}
        if call.method == "logprob":
            parameters = merged(parameters, {"include": ["message.output_text.logprobs"], "top_logprobs": TOP_LOGPROBS})
        prompt = {"model": call.model, "input": call.user}
        return sent(
            "/responses",
            {**prompt, "instructions": call.system} if call.system else prompt,
            parameters,
            {} if call.schema is None else {"text": {"format": _format(call.schema)}},
            dropped(requested, _TAKEN),
        )

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """What the messages among the output items say; ``failed`` is a failure although the status is 200."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        if body is not None and at(body, "error"):
            return failure_of(received, _STATUS.get(text_at(body, "error", "code") or "", 400))
        if body is None or not isinstance(at(body, "output"), list):
            return unreadable(received)
        envelope = Completion(
            usage=usage_of(at(body, "usage"), _COUNTS),
            model_returned=text_at(body, "model"),
            request_id=request_id_of(received.headers, body),
        )
        parts = [part for item in list_at(body, "output") for part in list_at(item, "content") if _is_message(item)]
        refusal = "".join(text_at(part, "refusal") or "" for part in parts if at(part, "type") == "refusal")
        written = [part for part in parts if at(part, "type") == "output_text"]
        text = "".join(text_at(part, "text") or "" for part in written)
        reason = "refused" if refusal else _reason(call, body)
        return concluded(call, envelope, refusal or text, reason, _alternatives(call, written))


CODEC = OpenAIResponses()


def _format(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "name": "answer", "strict": True, "schema": schema}


def _is_message(item: object) -> bool:
    return at(item, "type") == "message"


def _reason(call: Call, body: JsonObject) -> Missing | None:
    status = text_at(body, "status")
    if status == "incomplete":
        return _INCOMPLETE.get(text_at(body, "incomplete_details", "reason") or "", "truncated")
    if status not in {"completed", None}:
        return "upstream_error"
    return "truncated" if _is_at_the_bound(call, body) else None


def _is_at_the_bound(call: Call, body: JsonObject) -> bool:
    allowed = parameters_of(call, label_tokens=LEAST_OUTPUT_TOKENS)["max_output_tokens"]
    return isinstance(allowed, int) and 0 < allowed <= count_at(body, "usage", "output_tokens")


def _alternatives(call: Call, written: list[object]) -> Alternatives | None:
    if call.method != "logprob":
        return None
    first = at(written, 0, "logprobs", 0)
    return alternatives(list_at(first, "top_logprobs"), first, "token", "logprob")
