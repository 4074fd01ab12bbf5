from __future__ import annotations

import json

import pytest

from service.gateway.conduct.budget import upper_bound
from service.gateway.pass_through import (
    OUTPUT_TOKENS,
    NotSentError,
    UnsupportedError,
    as_stream,
    chat_body,
    is_answer,
    passing,
)
from service.gateway.providers import anthropic, gemini, openai_chat, system_one
from service.gateway.providers.offer import OfferedModel
from service.gateway.providers.protocol import Completion, Failure, Received, Usage

MODEL = OfferedModel("m")
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
]
BODY = {"model": "p/m", "messages": MESSAGES, "temperature": 0.3, "tools": [{"type": "function"}], "stream": True}


def test_the_same_wire_gets_the_body_as_it_is() -> None:
    passed = passing(openai_chat.CODEC, BODY, MODEL)
    codec, call = passed.codec, passed.call
    sent = codec.encode(call)
    assert json.loads(sent.body) == {
        "model": "m", "messages": MESSAGES, "temperature": 0.3, "tools": [{"type": "function"}],
        "max_completion_tokens": OUTPUT_TOKENS,
    }  # fmt: skip
    assert set(sent.parameters_sent) == {"temperature", "tools", "max_completion_tokens"}
    assert passed.added == {"max_completion_tokens": OUTPUT_TOKENS}
    bounded = passing(openai_chat.COMPATIBLE, BODY | {"max_tokens": 7}, MODEL)
    assert bounded.added == {}
    stated = json.loads(bounded.codec.encode(call).body)
    assert stated["max_tokens"] == 7
    assert "max_completion_tokens" not in stated
    assert codec.authorization("k") == {"authorization": "Bearer k"}
    assert (codec.name, codec.capabilities) == ("openai_chat", openai_chat.CODEC.capabilities)


def test_its_answer_comes_back_as_it_is_even_when_it_is_none() -> None:
    passed = passing(openai_chat.CODEC, BODY, MODEL)
    codec, call = passed.codec, passed.call
    whole = {"choices": [{"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}], "model": "m-1"}
    found = codec.decode(call, Received(200, {}, json.dumps(whole).encode()))
    assert (json.loads(found.text), found.missing, found.model_returned) == (whole, None, "m-1")
    assert isinstance(codec.decode(call, Received(429, {}, b"{}")), Failure)


def test_another_wire_gets_one_turn() -> None:
    body = {"model": "p/m", "messages": MESSAGES, "max_tokens": 9, "stream": False, "stop": None}
    passed = passing(anthropic.CODEC, body, MODEL)
    call = passed.call
    assert (passed.codec is anthropic.CODEC, passed.added) == (True, {})
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
        {"n": 2},
        {"reasoning_effort": "none"},
        {"logit_bias": {"canary": 1}},
    ],
)
def test_what_another_wire_cannot_carry_is_refused_not_dropped(changes) -> None:
    with pytest.raises(UnsupportedError) as refused:
        passing(anthropic.CODEC, {"model": "p/m", "messages": MESSAGES} | changes, MODEL)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("missing", "reason"), [
        (None, "stop"), ("truncated", "length"), ("blocked_output", "content_filter"),
        ("blocked_input", "content_filter"),
    ],
)  # fmt: skip
def test_a_completion_as_a_chat_completion(missing, reason) -> None:
    body = chat_body(Completion(text="Hi", missing=missing, usage=Usage(3, 0, 2, 0), request_id="r"), "m", 7)
    assert body["choices"][0]["finish_reason"] == reason
    assert body["choices"][0]["message"]["content"] == "Hi"
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert (body["id"], body["created"], body["model"]) == ("r", 7, "m")


@pytest.mark.parametrize("missing", ["upstream_error", "context_overflow", "empty", "unparseable"])
def test_what_failed_or_is_empty_is_no_answer(missing) -> None:
    assert not is_answer(Completion(missing=missing))
    assert is_answer(Completion(missing="refused"))
    assert is_answer(Completion(text="Hi"))


def test_a_wire_that_writes_no_texts_is_not_asked_for_one() -> None:
    for codec, methods in ((system_one.CODEC, None), (anthropic.CODEC, frozenset({"verbalized"}))):
        with pytest.raises(UnsupportedError, match="does not write texts"):
            passing(codec, {"messages": MESSAGES}, OfferedModel("m", methods))


@pytest.mark.parametrize("codec", [openai_chat.CODEC, anthropic.CODEC])
@pytest.mark.parametrize("name", ["n", "max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("value", [0, -1000, 1e6, 1.0, True, "9", [9], 10**8])
def test_counts_are_whole_numbers(codec, name: str, value: object) -> None:
    with pytest.raises(NotSentError, match=f"^{name} is not a whole number") as refused:
        passing(codec, {"messages": MESSAGES, name: value}, MODEL)
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize("codec", [openai_chat.CODEC, openai_chat.COMPATIBLE])
def test_what_a_body_may_cost_is_known_whatever_it_states(codec) -> None:
    for stated, tokens in (
        ({}, OUTPUT_TOKENS), ({"max_tokens": None}, OUTPUT_TOKENS), ({"n": 5}, 5 * OUTPUT_TOKENS),
        ({"n": None, "max_tokens": 7}, 7), ({"n": 100, "max_completion_tokens": 1000}, 100_000),
    ):  # fmt: skip
        passed = passing(codec, {"messages": MESSAGES} | stated, MODEL)
        sent = passed.codec.encode(passed.call)
        assert upper_bound(passed.call, None, sent).tokens == len(sent.body) + tokens
        assert None not in [value for name, value in json.loads(sent.body).items() if name != "n"]


def test_what_the_operator_says_a_model_does_not_take_is_not_sent() -> None:
    model = OfferedModel("m", unsupported=frozenset({"temperature", "max_output_tokens"}))
    for codec in (openai_chat.CODEC, gemini.CODEC):
        for stated in ({"temperature": 0}, {"max_tokens": 5}, {"max_completion_tokens": 5}):
            with pytest.raises(UnsupportedError, match="to this model"):
                passing(codec, {"messages": MESSAGES} | stated, model)
        assert passing(codec, {"messages": MESSAGES, "temperature": None}, model).added == {}
    sent = json.loads(passing(openai_chat.CODEC, {"messages": MESSAGES}, model).codec.body)
    assert set(sent) == {"model", "messages"}


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
