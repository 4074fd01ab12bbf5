"""OpenAI's chat completions for any provider: the body as it is where the wire is the same, else one text turn.

The caller's model is ``provider/model``. A provider of the ``openai_chat`` family gets the body with its own model's
name and nothing else changed (``stream`` off); its response comes back as it is. Others are asked as a lone free text,
which needs system and user text only; what their wire has no place for is refused, not dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from service.gateway.providers.openai_chat import OpenAIChat
from service.gateway.providers.protocol import Call, Capabilities, Codec, Completion, Failure, Question, Received, Sent
from service.gateway.study import Item

JsonObject = dict[str, object]
ANYTHING = Item("answer", "free_text", "")
OUTPUT_TOKENS = 4096
"""Bound of the answer, sent where the caller states none, so that the spending has one."""
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
}


class UnsupportedError(ValueError):
    """What the provider's wire has no place for; says what, never its value."""


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


def passing(codec: Codec, body: JsonObject, model: str) -> tuple[Codec, Call]:
    """Codec and call for a chat body; UnsupportedError for what cannot be sent on."""
    if isinstance(codec, OpenAIChat):
        kept = {name: value for name, value in body.items() if name not in {"stream", "stream_options"}}
        bounds = {"max_tokens", "max_completion_tokens"} & body.keys()
        bound = {} if bounds else {codec.wire["max_output_tokens"]: OUTPUT_TOKENS}
        sent = kept | bound | {"model": model}
        parameters = {name: value for name, value in sent.items() if name not in {"model", "messages"}}
        return PassThrough(codec, msgspec.json.encode(sent), parameters), _call(model, "", "", {})
    system, user = _texts(body.get("messages"))
    if body.get("n") not in (None, 1):  # no set: the value may be anything
        raise UnsupportedError("n: this provider gives one answer")
    parameters = {}
    for name, value in body.items():
        if name in _GENERIC and value is not None:
            parameters[_GENERIC[name]] = value
        elif name not in _NOT_SENT_ON and value is not None:
            raise UnsupportedError(f"{name} cannot be sent to this provider")
    unknown = sorted(parameters.keys() - codec.capabilities.parameters)
    if unknown:
        raise UnsupportedError(f"{unknown[0]} cannot be sent to this provider")
    return codec, _call(model, system, user, {"max_output_tokens": OUTPUT_TOKENS} | parameters)


def chat_body(completion: Completion, model: str, created: int) -> JsonObject:
    """A completion of another wire as a chat completion."""
    usage = completion.usage
    text = completion.text or ""
    reason = {None: "stop", "truncated": "length", "blocked_output": "content_filter"}.get(completion.missing, "stop")
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
