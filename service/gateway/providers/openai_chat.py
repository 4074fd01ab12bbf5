"""OpenAI's chat completions wire (``POST {base}/chat/completions``, base ending in /v1), which many servers speak.

OpenAI, Azure (its /openai/v1 base), vLLM, Ollama, Groq, Together, DeepSeek, Mistral, xAI, OpenRouter. A ``logprob``
call asks for one token and its 20 most likely alternatives; a schema goes as strict ``response_format``.

**Assumes** the first token of the answer tells the options apart, and one choice per response.
**Breaks** models that think give no log probabilities and spend ``max_completion_tokens`` on thinking first: request
``max_output_tokens``. A server may accept and ignore ``logprobs`` (``logprobs_absent``), ``response_format``
(``constraint_not_honoured``), ``seed`` or ``max_completion_tokens``; those that know the older name of the latter, or
that refuse fields they do not know (Ollama, Mistral, DeepSeek), are for ``COMPATIBLE``.
**Source** openai 3.54, types/chat/completion_create_params.py, chat_completion.py, chat_completion_token_logprob.py;
OpenRouter's errors in the body of a 200: its API reference, "Errors and Debugging".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.gateway.providers.composing import dropped, parameters_of, renamed, sent
from service.gateway.providers.concluding import Alternatives, alternatives, concluded
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Call, Capabilities, Completion, Failure, Missing, Received, Sent
from service.gateway.providers.reading import (
    at,
    failure_of,
    list_at,
    number_at,
    object_of,
    request_id_of,
    text_at,
    unreadable,
)

TOP_LOGPROBS: Final = 20

_WIRE: Final[Mapping[str, str]] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_completion_tokens",
    "seed": "seed",
    "reasoning_effort": "reasoning_effort",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "stop": "stop",
    "service_tier": "service_tier",
}
_OLDER_WIRE: Final[Mapping[str, str]] = {
    **{name: wire for name, wire in _WIRE.items() if name != "service_tier"},
    "max_output_tokens": "max_tokens",
}
_REASONS: Final[Mapping[str, Missing]] = {
    "length": "truncated",
    "content_filter": "blocked_output",
    "insufficient_system_resource": "upstream_error",  # DeepSeek's
    "error": "upstream_error",  # OpenRouter's
}
_COUNTS: Final = Counts(
    ("prompt_tokens",),
    ("completion_tokens",),
    cached=("prompt_tokens_details", "cached_tokens"),
    reasoning=("completion_tokens_details", "reasoning_tokens"),
    total="total_tokens",  # xAI: with the thinking, which completion_tokens leaves out
)


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """The codec; ``older``: without ``store`` and ``service_tier``, and with ``max_tokens``."""

    name: str = "openai_chat"
    older: bool = False

    @property
    def wire(self) -> Mapping[str, str]:
        """The generic parameters that the wire has a place for, with its own names."""
        return _OLDER_WIRE if self.older else _WIRE

    @property
    def capabilities(self) -> Capabilities:
        """Everything but decisions."""
        return Capabilities(frozenset({"logprob", "sample", "verbalized"}), frozenset(self.wire))

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request: a system message where there is one, and a user message."""
        requested = parameters_of(call)
        fixed: dict[str, object] = {} if self.older else {"store": False}
        if call.method == "logprob":
            fixed |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        return sent(
            "/chat/completions",
            {"model": call.model, "messages": _messages(call)},
            fixed | renamed(requested, self.wire),
            {} if call.schema is None else {"response_format": _response_format(call.schema)},
            dropped(requested, self.wire),
        )

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """The first choice; an error in the body of a 200 is a failure with the status that it names."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        choice = at(body, "choices", 0)
        error = at(body, "error") or at(choice, "error")
        if error:
            return failure_of(received, _status_of(error))
        if body is None or not isinstance(at(choice, "message"), dict):
            return unreadable(received)
        envelope = Completion(
            usage=usage_of(at(body, "usage"), _COUNTS),
            model_returned=text_at(body, "model"),
            fingerprint=text_at(body, "system_fingerprint"),
            request_id=request_id_of(received.headers, body),
        )
        refusal = text_at(choice, "message", "refusal")
        reason = "refused" if refusal else _REASONS.get(text_at(choice, "finish_reason") or "")
        return concluded(call, envelope, refusal or _text(choice), reason, _alternatives(call, choice))


CODEC = OpenAIChat()
COMPATIBLE = OpenAIChat(name="openai_compatible", older=True)
"""For servers that take ``max_tokens`` and neither ``store`` nor ``service_tier``."""


def _messages(call: Call) -> list[dict[str, str]]:
    system = [{"role": "system", "content": call.system}] if call.system else []
    return [*system, {"role": "user", "content": call.user}]


def _response_format(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _text(choice: object) -> str:
    """The message's text; some servers send it in parts, thinking among them."""
    parts = [text_at(part, "text") for part in list_at(choice, "message", "content") if at(part, "type") == "text"]
    return text_at(choice, "message", "content") or "".join(part for part in parts if part)


def _alternatives(call: Call, choice: object) -> Alternatives | None:
    if call.method != "logprob":
        return None
    first = at(choice, "logprobs", "content", 0)
    return alternatives(list_at(first, "top_logprobs"), first, "token", "logprob")


def _status_of(error: object) -> int:
    named = number_at(error, "code") or 0
    return int(named) if 400 <= named < 600 else 502
