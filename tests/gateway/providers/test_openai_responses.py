from __future__ import annotations

import json

import httpx2
import openai
import pytest
from hypothesis import given, settings
from openai.types.responses import Response

from service.gateway.providers.openai_responses import CODEC
from service.gateway.providers.protocol import Received
from tests.gateway.providers.recorded import (
    HEADERS,
    KINDS,
    SCHEMA,
    STATUSES,
    bodies,
    call_of,
    is_sound,
    plain,
    recorded,
    without,
)

FIXTURES = recorded("openai_responses")
ANSWERS = [each for each in FIXTURES if each.is_answer]
EVERYTHING = {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 50, "service_tier": "flex"}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_reads_what_the_fixture_says(fixture):
    assert plain(CODEC.decode(fixture.call, fixture.received)) == fixture.expect


@pytest.mark.parametrize("fixture", ANSWERS, ids=lambda each: each.name)
def test_the_official_client_reads_the_same(fixture):
    theirs = Response.model_validate(fixture.body)
    ours = CODEC.decode(fixture.call, fixture.received)
    refusals = [
        part.refusal
        for item in theirs.output
        if item.type == "message"
        for part in item.content
        if part.type == "refusal"
    ]
    assert ours.text == ("".join(refusals) or theirs.output_text or None)
    assert ours.model_returned == theirs.model
    assert (ours.usage.input, ours.usage.output) == (theirs.usage.input_tokens, theirs.usage.output_tokens)
    assert ours.usage.cached_input == theirs.usage.input_tokens_details.cached_tokens
    assert ours.usage.reasoning == theirs.usage.output_tokens_details.reasoning_tokens
    assert (ours.missing in {"truncated", "blocked_output"}) == (theirs.status == "incomplete")


@pytest.mark.parametrize("kind", ["sample", "free_text", "logprob"])
@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["no parameters", "all parameters"])
def test_the_official_client_sends_the_same(kind, parameters):
    call, seen = call_of(kind, **parameters), []

    def answer(request):
        seen.append(request)
        return httpx2.Response(200, content=ANSWERS[0].received.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key="sk-test", base_url="https://upstream.test/v1", http_client=http)
    theirs = {"max_output_tokens": 16 if kind == "logprob" else 1024} | parameters
    if call.schema is not None:
        theirs["text"] = {"format": {"type": "json_schema", "name": "answer", "strict": True, "schema": SCHEMA}}
    if kind == "logprob":
        theirs |= {"include": ["message.output_text.logprobs"], "top_logprobs": 20}
    theirs |= {"store": False, "stream": False}
    client.responses.create(model=call.model, instructions=call.system, input=call.user, **theirs)
    sent = CODEC.encode(call)
    assert json.loads(sent.body) == json.loads(seen[0].content)
    assert seen[0].url.path == "/v1" + sent.path
    headers = {**sent.headers, **CODEC.authorization("sk-test")}
    assert headers == {name: seen[0].headers[name] for name in headers}


def test_what_was_sent_is_on_record():
    sent = CODEC.encode(call_of("sample", **EVERYTHING, reasoning_effort="low", seed=1, stop="x", top_k=2))
    body = json.loads(sent.body)
    assert sent.parameters_sent == without(body, ("model",), ("instructions",), ("input",), ("text",))
    assert sent.parameters_sent["reasoning"] == {"effort": "low"}
    assert sent.parameters_dropped == ("seed", "stop", "top_k")


def test_a_server_that_would_stream_unasked_is_told_not_to():
    assert json.loads(CODEC.encode(call_of("sample")).body)["stream"] is False


def test_what_it_can_send_is_what_it_says_it_can():
    asked = dict.fromkeys(CODEC.capabilities.parameters, 1)
    assert CODEC.encode(call_of("sample", **asked)).parameters_dropped == ()
    assert CODEC.capabilities.methods == {"logprob", "sample", "verbalized"}


def test_without_a_system_text_there_are_no_instructions():
    assert "instructions" not in json.loads(CODEC.encode(call_of("sample", system="")).body)


@pytest.mark.parametrize(("allowed", "missing"), [(8, "truncated"), (9, "truncated"), (10, None)])
def test_an_answer_of_all_tokens_allowed_was_cut_short_even_if_called_completed(allowed, missing):
    (fixture,) = (each for each in ANSWERS if each.name == "answered_in_words")
    body = fixture.body | {"usage": {"input_tokens": 310, "output_tokens": 9}}
    received = Received(200, {}, json.dumps(body).encode())
    assert body["status"] == "completed"
    assert CODEC.decode(call_of("free_text", max_output_tokens=allowed), received).missing == missing


def test_no_usage_is_none_and_not_zero():
    assert CODEC.decode(call_of("free_text"), Received(200, {}, b'{"output": []}')).usage is None


@settings(max_examples=150, deadline=None)
@given(KINDS, STATUSES, HEADERS, bodies("openai_responses"))
def test_nothing_raises(kind, status, headers, body):
    assert is_sound(CODEC, call_of(kind), Received(status, headers, body))
