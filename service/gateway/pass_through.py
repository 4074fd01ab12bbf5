"""OpenAI's chat completions for any provider: the body as it is where the wire is the same, else one text turn.

The caller's model is ``provider/model``. A provider of the ``openai_chat`` family gets the body with its own model's
name and nothing else changed (``stream`` off); its response comes back as it is. Others are asked as a lone free text,
which needs system and user text only; what their wire has no place for is refused, not dropped. A bound on the
answer, where the caller states none, is all that is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from service.gateway.providers.offer import OfferedModel
from service.gateway.providers.openai_chat import OpenAIChat
from service.gateway.providers.protocol import (
    Call,
    Capabilities,
    Codec,
    Completion,
    Failure,
    Missing,
    Question,
    Received,
    Sent,
)
from service.gateway.study import Item

JsonObject = dict[str, object]
ANYTHING = Item("answer", "free_text", "")
OUTPUT_TOKENS = 4096
"""Bound of the answer, sent where the caller states none, so that the spending has one."""
MOST = 10_000_000
_BOUNDS = ("max_tokens", "max_completion_tokens")
_FINISHED: Mapping[Missing | None, str] = {
    None: "stop",
    "refused": "stop",
    "truncated": "length",
    "blocked_input": "content_filter",
    "blocked_output": "content_filter",
}
_NOT_SENT_ON = frozenset({"model", "messages", "stream", "stream_options", "n", "user", "metadata", "store"})
_GENERIC = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "seed": "seed",
    "stop": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "reasoning_effort": "reasoning_effort",
    "service_tier": "service_tier",
}


class NotSentError(ValueError):
    """A body that is not sent on; says why, without any of its values."""

    status, code = 400, "invalid_request"


class UnsupportedError(NotSentError):
    """What the provider's wire has no place for."""

    code = "unsupported"


@dataclass(frozen=True, slots=True)
class Passed:
    """Codec and call for a chat body, and what stands in it that the caller did not state, by its name on the wire."""

    codec: Codec
    call: Call
    added: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PassThrough:
    """The codec of a body that is sent as it came; ``inner`` reads what its answer says of itself."""

    inner: OpenAIChat
    body: bytes
    parameters: Mapping[str, object]

    @property
    def name(self) -> str:
        """The inner codec's."""
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        """The inner codec's."""
        return self.inner.capabilities

    def authorization(self, key: str) -> Mapping[str, str]:
        """The inner codec's."""
        return self.inner.authorization(key)

    def encode(self, call: Call) -> Sent:
        """The body as it is."""
        return replace(self.inner.encode(call), body=self.body, parameters_sent=self.parameters)

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """The inner reading with the whole response as its text, whatever the model answered."""
        found = self.inner.decode(call, received)
        if isinstance(found, Failure):
            return found
        return replace(found, text=received.body.decode("utf-8", "replace"), missing=None)


def passing(codec: Codec, body: JsonObject, offered: OfferedModel) -> Passed:
    """What a chat body becomes; NotSentError for what cannot be sent on."""
    able = codec.capabilities
    if "sample" not in (able.methods if offered.methods is None else able.methods & offered.methods):
        raise UnsupportedError("this model does not write texts")
    stated = {name: value for name, value in body.items() if value is not None}
    for name in ("n", *_BOUNDS):
        _check_number(name, stated.get(name, 1))
    for name in stated.keys() & _GENERIC.keys():
        if _GENERIC[name] in offered.unsupported:
            raise UnsupportedError(f"{name} cannot be sent to this model")
    bounded = stated.keys() & set(_BOUNDS) or "max_output_tokens" in offered.unsupported
    bound = {} if bounded else {"max_output_tokens": OUTPUT_TOKENS}
    if isinstance(codec, OpenAIChat):
        return _as_it_is(codec, body, offered.name, {codec.wire[name]: value for name, value in bound.items()})
    return _as_one_turn(codec, stated, offered.name, bound)


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise NotSentError(f"{name} is not a whole number from 1 to {MOST}")


def _as_it_is(codec: OpenAIChat, body: JsonObject, model: str, bound: dict[str, int]) -> Passed:
    """The body with its own model's name; nulls stand as they came, but for a bound's where there is ours."""
    ours = {"stream", "stream_options", *(_BOUNDS if bound else ())}
    sent = {name: value for name, value in body.items() if name not in ours} | bound | {"model": model}
    parameters = {name: value for name, value in sent.items() if name not in {"model", "messages"}}
    return Passed(PassThrough(codec, msgspec.json.encode(sent), parameters), _call(model, "", "", {}), bound)


def _as_one_turn(codec: Codec, stated: JsonObject, model: str, bound: dict[str, int]) -> Passed:
    """System and user text, and the parameters under their generic names."""
    able = codec.capabilities
    system, user = _texts(stated.get("messages"))
    if stated.get("n", 1) != 1:
        raise UnsupportedError("n: this provider gives one answer")
    parameters: JsonObject = {}
    for name, value in stated.items():
        generic = _GENERIC.get(name)
        if name in _NOT_SENT_ON:
            continue
        if generic not in able.parameters:
            raise UnsupportedError(f"{name} cannot be sent to this provider")
        if generic in able.values and value not in able.values[generic]:
            raise UnsupportedError(f"{name} is one of {', '.join(able.values[generic])} for this provider")
        parameters[generic] = value
    return Passed(codec, _call(model, system, user, bound | parameters), bound)


def is_answer(completion: Completion) -> bool:
    """Whether OpenAI's wire has words for how it ended; what is empty or failed is an error on it."""
    return completion.missing in _FINISHED


def chat_body(completion: Completion, model: str, created: int) -> JsonObject:
    """A completion of another wire as a chat completion; KeyError for one that is none (``is_answer``)."""
    usage = completion.usage
    text = completion.text or ""
    reason = _FINISHED[completion.missing]
    message: JsonObject = {"role": "assistant", "content": text, "refusal": None}
    if completion.missing == "refused":
        message |= {"content": None, "refusal": text or "refused"}
    return {
        "id": completion.request_id or "chatcmpl-rectifier",
        "object": "chat.completion",
        "created": created,
        "model": completion.model_returned or model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": usage.input if usage else 0,
            "completion_tokens": usage.output if usage else 0,
            "total_tokens": usage.input + usage.output if usage else 0,
        },
    }


def as_stream(body: Mapping[str, object], *, usage: bool = True) -> bytes:
    """A whole chat completion as the server-sent events of a streamed one: upstream is never streamed.

    ``usage``: with its event, which has no choices and breaks clients that did not ask for it (``stream_options``).
    """
    chunk = {name: body.get(name) for name in ("id", "created", "model", "system_fingerprint")}
    chunk |= {"object": "chat.completion.chunk"}
    choices = body.get("choices")
    events = []
    for choice in filter(_is_object, choices if isinstance(choices, list) else ()):
        index, logprobs = choice.get("index", 0), choice.get("logprobs")
        said = {"index": index, "delta": _delta(choice.get("message")), "logprobs": logprobs, "finish_reason": None}
        events.append(chunk | {"choices": [said]})
        end = {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}
        events.append(chunk | {"choices": [end]})
    if usage:
        events.append(chunk | {"choices": [], "usage": body.get("usage")})
    return b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _delta(message: object) -> JsonObject:
    """A message as one piece of it; the calls of tools carry their place in a stream."""
    delta: JsonObject = dict(message) if isinstance(message, dict) else {}
    tools = delta.get("tool_calls")
    if isinstance(tools, list):
        delta["tool_calls"] = [{"index": k} | tool for k, tool in enumerate(tools) if isinstance(tool, dict)]
    return delta


def _call(model: str, system: str, user: str, parameters: JsonObject) -> Call:
    return Call(model, "sample", system, user, (Question(ANYTHING, ()),), parameters=parameters)


def _texts(messages: object) -> tuple[str, str]:
    """System and user text of a conversation of one turn."""
    if not isinstance(messages, list):
        raise UnsupportedError("messages is not a list")
    system: list[str] = []
    user: list[str] = []
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            content = "".join(_part(part) for part in content)
        if role not in ("system", "developer", "user") or not isinstance(content, str):
            raise UnsupportedError("only system and user texts can be sent to this provider")
        (user if role == "user" else system).append(content)
    if len(user) != 1:
        raise UnsupportedError("only one user message can be sent to this provider")
    return "\n".join(system), user[0]


def _part(part: object) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
    if not isinstance(text, str):
        raise UnsupportedError("only text can be sent to this provider")
    return text
