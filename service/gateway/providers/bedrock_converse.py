"""Amazon Bedrock's Converse wire (``POST {base}/model/{modelId}/converse``) with a bearer key.

A schema goes as ``outputConfig.textFormat`` (the schema itself as a JSON text), not as a forced tool: a tool call is
another task for the model, does not go with thinking, and not every model can be forced to make one.

**Assumes** nothing about the order of content blocks: thinking comes in blocks of its own.
**Breaks** models that have no structured output answer 400 (``unsupported``); ``top_k`` goes where fields of single
models go, and is 400 for those without it. The wire has no seed, no penalties, no log probabilities and does not
say which model answered; its token counts do not tell thinking apart.
**Source** Amazon Bedrock API reference: Converse, InferenceConfiguration, OutputFormat, JsonSchemaDefinition,
TokenUsage (input counts leave cached tokens out), ServiceTier, "Common errors".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from service.gateway.providers.composing import dropped, listed, parameters_of, renamed, sent
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

_WIRE: Final[Mapping[str, str]] = {"temperature": "temperature", "top_p": "topP", "max_output_tokens": "maxTokens"}
_TAKEN: Final = frozenset({*_WIRE, "stop", "top_k", "service_tier"})
_CAPABILITIES: Final = Capabilities(frozenset({"sample", "verbalized"}), _TAKEN)
_REASONS: Final[Mapping[str, Missing]] = {
    "guardrail_intervened": "blocked_output",
    "content_filtered": "blocked_output",
    "refusal": "refused",
    "max_tokens": "truncated",
    "model_context_window_exceeded": "context_overflow",
    "malformed_model_output": "upstream_error",
    "malformed_tool_use": "upstream_error",
}
_COUNTS: Final = Counts(  # three kinds of input apart: new, written to the cache, read from it
    ("inputTokens", "cacheWriteInputTokens", "cacheReadInputTokens"),
    ("outputTokens",),
    cached=("cacheReadInputTokens",),
)


@dataclass(frozen=True, slots=True)
class BedrockConverse:
    """The codec; it has no state."""

    name: str = "bedrock_converse"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header of a Bedrock API key; requests are not signed."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request; the model's id may be an ARN, whose slashes and colons are quoted."""
        requested = parameters_of(call)
        prompt: dict[str, object] = {"messages": [{"role": "user", "content": [{"text": call.user}]}]}
        system = {"system": [{"text": call.system}]} if call.system else {}
        return sent(
            f"/model/{quote(call.model, safe='')}/converse",
            prompt | system,
            _parameters(requested),
            {} if call.schema is None else {"outputConfig": {"textFormat": _format(call.schema)}},
            dropped(requested, _TAKEN),
        )

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """What the text blocks of the message say."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        if body is None or not isinstance(at(body, "output", "message", "content"), list):
            return unreadable(received)
        envelope = Completion(usage=usage_of(at(body, "usage"), _COUNTS), request_id=request_id_of(received.headers))
        blocks = [text_at(block, "text") for block in list_at(body, "output", "message", "content")]
        reason = _REASONS.get(text_at(body, "stopReason") or "")
        return concluded(call, envelope, "".join(text for text in blocks if text), reason)


CODEC = BedrockConverse()


def _parameters(requested: Mapping[str, object]) -> dict[str, object]:
    config = renamed(requested, _WIRE)
    if "stop" in requested:
        config["stopSequences"] = listed(requested["stop"])
    parameters: dict[str, object] = {"inferenceConfig": config}
    if "top_k" in requested:
        parameters["additionalModelRequestFields"] = {"top_k": requested["top_k"]}
    if "service_tier" in requested:
        parameters["serviceTier"] = {"type": requested["service_tier"]}
    return parameters


def _format(schema: Mapping[str, object]) -> dict[str, object]:
    written = msgspec.json.encode(schema).decode()
    return {"type": "json_schema", "structure": {"jsonSchema": {"name": "answer", "schema": written}}}
