"""Anthropic's messages wire (``POST {base}/v1/messages``), version 2026-10-21 of the API.

A schema goes as ``output_config.format``; ``max_tokens`` is required by the wire and always there.

**Assumes** nothing about the order of content blocks: text is whatever blocks of type ``text`` hold, wherever they are.
**Breaks** the wire takes no temperature, top_p, top_k, seed, penalties or log probabilities any more: they are dropped,
and replicates differ only by the model's own chance. Thinking is part of ``max_tokens``.
**Source** anthropic 2.12, _client.py (version, bearer key), types/message_create_params.py, message.py, usage.py,
stop_reason.py, output_config_param.py, shared/error_type.py; the API reference, "Versions", and "Errors" for the status
529 of ``overloaded_error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from service.gateway.providers.composing import JSON_HEADERS, dropped, listed, parameters_of, renamed, sent
from service.gateway.providers.concluding import concluded
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Call, Capabilities, Completion, Failure, Missing, Received, Sent
from service.gateway.providers.reading import (
    at,
    failure_of,
    list_at,
    object_of,
    request_id_of,
    text_at,
    unreadable,
)

VERSION: Final = "2026-10-21"

_WIRE: Final[Mapping[str, str]] = {"max_output_tokens": "max_tokens", "service_tier": "service_tier"}
_TAKEN: Final = frozenset({*_WIRE, "stop", "reasoning_effort"})
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_CAPABILITIES: Final = Capabilities(frozenset({"sample", "verbalized"}), _TAKEN, values={"reasoning_effort": _EFFORTS})
_REASONS: Final[Mapping[str, Missing]] = {
    "refusal": "refused",
    "max_tokens": "truncated",
    "pause_turn": "truncated",
    "model_context_window_exceeded": "context_overflow",
}
_COUNTS: Final = Counts(  # three kinds of input apart: new, written to the cache, read from it
    ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
    ("output_tokens",),
    cached=("cache_read_input_tokens",),
    reasoning=("output_tokens_details", "thinking_tokens"),
)


@dataclass(frozen=True, slots=True)
class Anthropic:
    """The codec; it has no state."""

    name: str = "anthropic"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header, which this version of the API takes keys in."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request: ``system`` where there is one, and a user message."""
        requested = parameters_of(call)
        parameters = renamed(requested, _WIRE)
        if "stop" in requested:
            parameters["stop_sequences"] = listed(requested["stop"])
        if "reasoning_effort" in requested:
            parameters["output_config"] = {"effort": requested["reasoning_effort"]}
        prompt = {"model": call.model, "messages": [{"role": "user", "content": call.user}]}
        request = sent(
            "/v1/messages",
            {**prompt, "system": call.system} if call.system else prompt,
            parameters,
            {} if call.schema is None else {"output_config": {"format": _format(call.schema)}},
            dropped(requested, _TAKEN),
        )
        return replace(request, headers={**JSON_HEADERS, "anthropic-version": VERSION})

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """What the text blocks say."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        if body is None or not isinstance(at(body, "content"), list):
            return unreadable(received)
        envelope = Completion(
            usage=usage_of(at(body, "usage"), _COUNTS),
            model_returned=text_at(body, "model"),
            request_id=request_id_of(received.headers, body),
        )
        blocks = [text_at(block, "text") for block in list_at(body, "content") if at(block, "type") == "text"]
        reason = _REASONS.get(text_at(body, "stop_reason") or "")
        return concluded(call, envelope, "".join(text for text in blocks if text), reason)


CODEC = Anthropic()


def _format(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "schema": schema}
