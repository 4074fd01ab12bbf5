"""Gemini's wire (``POST {base}/v1beta/models/{model}:generateContent``).

A schema goes as ``responseJsonSchema`` with ``responseMimeType``; a ``logprob`` call asks for one token and its 20 most
likely alternatives.

**Assumes** the first token of the answer tells the options apart, and one candidate per response.
**Breaks** thinking is part of ``maxOutputTokens``: a model that thinks needs more than one token in a ``logprob`` call
and more than the default in any other: request ``max_output_tokens``. Which models give log probabilities, or take
``reasoning_effort`` as a thinking level, is theirs to say (400, ``unsupported``).
**Source** google-genai 3.4, types.py (FinishReason, BlockedReason, LogprobsResult, UsageMetadata) and models.py
(_GenerateContentConfig_to_mldev); the API reference ai.google.dev/api/generate-content; a key that is not accepted is a
400 with the reason API_KEY_INVALID.
**Differs** from google-genai 3.4, which calls v1: v1beta has all of these fields for longer, and mocks know only it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from service.gateway.providers.composing import dropped, listed, parameters_of, renamed, sent
from service.gateway.providers.concluding import Alternatives, alternatives, concluded
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

TOP_LOGPROBS: Final = 20

_WIRE: Final[Mapping[str, str]] = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "seed": "seed",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}
_TAKEN: Final = frozenset({*_WIRE, "stop", "reasoning_effort", "service_tier"})
_EFFORTS: Final = ("minimal", "low", "medium", "high")
_CAPABILITIES: Final = Capabilities(
    frozenset({"logprob", "sample", "verbalized"}), _TAKEN, values={"reasoning_effort": _EFFORTS}
)
_FINISHED: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_CUT: Final = frozenset({"MAX_TOKENS", "CONTINUATION"})
_BLOCKED: Final = frozenset({
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "ESCALATION", "PUP_LIMITED_DISABLED", "MODEL_ARMOR",
})  # fmt: skip
_COUNTS: Final = Counts(  # the prompt's count has the cached part in it; the candidates' has not the thoughts
    ("promptTokenCount",),
    ("candidatesTokenCount", "thoughtsTokenCount"),
    cached=("cachedContentTokenCount",),
    reasoning=("thoughtsTokenCount",),
    total="totalTokenCount",  # a count of 0 is left out
)


@dataclass(frozen=True, slots=True)
class Gemini:
    """The codec; it has no state."""

    name: str = "gemini"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The key's own header; never the query, which ends up in logs."""
        return {"x-goog-api-key": key}

    def encode(self, call: Call) -> Sent:
        """The request: the system text as ``systemInstruction``, the user text as a user's content."""
        requested = parameters_of(call)
        prompt: dict[str, object] = {"contents": [{"role": "user", "parts": [{"text": call.user}]}]}
        instruction = {"systemInstruction": {"parts": [{"text": call.system}]}} if call.system else {}
        return sent(
            f"/v1beta/models/{quote(call.model.removeprefix('models/'), safe='')}:generateContent",
            prompt | instruction,
            _parameters(call, requested),
            {} if call.schema is None else {"generationConfig": {"responseJsonSchema": call.schema}},
            dropped(requested, _TAKEN),
        )

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """What the first candidate's parts say, thoughts left out; a blocked prompt has no candidate."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        candidate = at(body, "candidates", 0)
        blocked = text_at(body, "promptFeedback", "blockReason")
        if body is None or not (blocked or isinstance(candidate, dict)):
            return unreadable(received)
        envelope = Completion(
            usage=usage_of(at(body, "usageMetadata"), _COUNTS),
            model_returned=text_at(body, "modelVersion"),
            request_id=request_id_of(received.headers) or text_at(body, "responseId"),
        )
        parts = [part for part in list_at(candidate, "content", "parts") if at(part, "thought") is not True]
        text = "".join(text_at(part, "text") or "" for part in parts)
        reason = "blocked_input" if blocked else _reason(text_at(candidate, "finishReason"))
        return concluded(call, envelope, text, reason, _alternatives(call, candidate))


CODEC = Gemini()


def _parameters(call: Call, requested: Mapping[str, object]) -> dict[str, object]:
    """``store`` and ``serviceTier`` stand at the top, everything else in ``generationConfig``."""
    config = renamed(requested, _WIRE)
    if "stop" in requested:
        config["stopSequences"] = listed(requested["stop"])
    if "reasoning_effort" in requested:
        config["thinkingConfig"] = {"thinkingLevel": str(requested["reasoning_effort"]).upper()}
    if call.schema is not None:
        config["responseMimeType"] = "application/json"
    if call.method == "logprob":
        config |= {"responseLogprobs": True, "logprobs": TOP_LOGPROBS}
    tier = {"serviceTier": requested["service_tier"]} if "service_tier" in requested else {}
    return {"generationConfig": config, "store": False, **tier}


def _reason(finish: str | None) -> Missing | None:
    if finish is None or finish in _FINISHED:
        return None
    return "truncated" if finish in _CUT else "blocked_output" if finish in _BLOCKED else "upstream_error"


def _alternatives(call: Call, candidate: object) -> Alternatives | None:
    if call.method != "logprob":
        return None
    result = at(candidate, "logprobsResult")
    top, chosen = list_at(result, "topCandidates", 0, "candidates"), at(result, "chosenCandidates", 0)
    return alternatives(top, chosen, "token", "logProbability")
