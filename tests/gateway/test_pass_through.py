from __future__ import annotations

import json

import pytest

from service.gateway.pass_through import OUTPUT_TOKENS, UnsupportedError, as_stream, chat_body, passing
from service.gateway.providers import anthropic, openai_chat
from service.gateway.providers.protocol import Completion, Failure, Received, Usage

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
]
BODY = {"model": "p/m", "messages": MESSAGES, "temperature": 0.3, "tools": [{"type": "function"}], "stream": True}


def test_the_same_wire_gets_the_body_as_it_is() -> None:
    codec, call = passing(openai_chat.CODEC, BODY, "m")
    sent = codec.encode(call)
    assert json.loads(sent.body) == {
        "model": "m", "messages": MESSAGES, "temperature": 0.3, "tools": [{"type": "function"}],
        "max_completion_tokens": OUTPUT_TOKENS,
    }  # fmt: skip
    assert set(sent.parameters_sent) == {"temperature", "tools", "max_completion_tokens"}
    stated = json.loads(passing(openai_chat.COMPATIBLE, BODY | {"max_tokens": 7}, "m")[0].encode(call).body)
    assert stated["max_tokens"] == 7
    assert "max_completion_tokens" not in stated
    assert codec.authorization("k") == {"authorization": "Bearer k"}
    assert (codec.name, codec.capabilities) == ("openai_chat", openai_chat.CODEC.capabilities)


def test_its_answer_comes_back_as_it_is_even_when_it_is_none() -> None:
    codec, call = passing(openai_chat.CODEC, BODY, "m")
    whole = {"choices": [{"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}], "model": "m-1"}
    found = codec.decode(call, Received(200, {}, json.dumps(whole).encode()))
    assert (json.loads(found.text), found.missing, found.model_returned) == (whole, None, "m-1")
    assert isinstance(codec.decode(call, Received(429, {}, b"{}")), Failure)


def test_another_wire_gets_one_turn() -> None:
    body = {"model": "p/m", "messages": MESSAGES, "max_tokens": 9, "stream": False, "stop": None}
    codec, call = passing(anthropic.CODEC, body, "m")
    assert codec is anthropic.CODEC
    assert (call.system, call.user, call.parameters) == ("Be brief.", "Hello", {"max_output_tokens": 9})


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": []},
        {"temperature": 0.3},  # not on Anthropic's wire
        {"messages": "canary"},
        {"messages": ["canary"]},
        {"messages": [{"role": "assistant", "content": "canary"}]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "canary"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "canary"}]}]},
        {"messages": []},
    ],
)
def test_what_another_wire_cannot_carry_is_refused_not_dropped(changes) -> None:
    with pytest.raises(UnsupportedError) as refused:
        passing(anthropic.CODEC, {"model": "p/m", "messages": MESSAGES} | changes, "m")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("missing", "reason"), [(None, "stop"), ("truncated", "length"), ("blocked_output", "content_filter")]
)
def test_a_completion_as_a_chat_completion(missing, reason) -> None:
    body = chat_body(Completion(text="Hi", missing=missing, usage=Usage(3, 0, 2, 0), request_id="r"), "m", 7)
    assert body["choices"][0]["finish_reason"] == reason
    assert body["choices"][0]["message"]["content"] == "Hi"
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert (body["id"], body["created"], body["model"]) == ("r", 7, "m")


def test_a_refusal_is_one() -> None:
    message = chat_body(Completion(text="No.", missing="refused"), "m", 7)["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "No.")
    assert chat_body(Completion(missing="refused"), "m", 7)["choices"][0]["message"]["refusal"] == "refused"


def test_a_stream_says_what_the_whole_does() -> None:
    body = chat_body(Completion(text="Hi", usage=Usage(3, 0, 2, 0)), "m", 7)
    events = [line.removeprefix(b"data: ") for line in as_stream(body).split(b"\n\n") if line]
    assert events[-1] == b"[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert {c["object"] for c in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"]["content"] == "Hi"
    assert chunks[1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[2]["usage"]["total_tokens"] == 5
    assert as_stream({}).endswith(b"[DONE]\n\n")
