from __future__ import annotations

import json

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from hypothesis import given, settings

from service.gateway.providers.anthropic import CODEC
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

FIXTURES = recorded("anthropic")
ANSWERS = [each for each in FIXTURES if each.is_answer]
ERRORS = [each for each in FIXTURES if each.received.status >= 400]
EVERYTHING = {"max_output_tokens": 50, "stop": "\n", "service_tier": "standard_only", "reasoning_effort": "low"}


def answering(fixture, seen, **headers):
    """The official client with a transport that notes what it is sent and answers with a fixture."""

    def answer(request):
        seen.append(request)
        received = fixture.received
        return httpx2.Response(received.status, headers={**received.headers, **headers}, content=received.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return anthropic.Anthropic(api_key="sk-test", base_url="https://upstream.test", http_client=http, max_retries=1)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_reads_what_the_fixture_says(fixture):
    assert plain(CODEC.decode(fixture.call, fixture.received)) == fixture.expect


@pytest.mark.parametrize("fixture", ANSWERS, ids=lambda each: each.name)
def test_the_official_client_reads_the_same(fixture):
    theirs = Message.model_validate(fixture.body)
    ours = CODEC.decode(fixture.call, fixture.received)
    assert ours.text == ("".join(block.text for block in theirs.content if block.type == "text") or None)
    assert ours.model_returned == theirs.model
    usage = theirs.usage
    parts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
    assert ours.usage.input == sum(part or 0 for part in parts)
    assert ours.usage.output == usage.output_tokens
    assert (ours.missing == "truncated") == (theirs.stop_reason == "max_tokens")
    assert (ours.missing == "refused") == (theirs.stop_reason == "refusal")


@pytest.mark.parametrize("kind", ["sample", "verbalized", "free_text"])
@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["no parameters", "all parameters"])
def test_the_official_client_sends_the_same(kind, parameters):
    call, seen = call_of(kind, **parameters), []
    theirs = {"max_tokens": 1024}
    if parameters:
        theirs = {"max_tokens": 50, "stop_sequences": ["\n"], "service_tier": "standard_only"}
    config = {"effort": "low"} if parameters else {}
    if call.schema is not None:
        config["format"] = {"type": "json_schema", "schema": SCHEMA}
    if config:
        theirs["output_config"] = config
    messages = [{"role": "user", "content": call.user}]
    answering(ANSWERS[0], seen).messages.create(model=call.model, system=call.system, messages=messages, **theirs)
    sent = CODEC.encode(call)
    assert json.loads(sent.body) == json.loads(seen[0].content)
    assert seen[0].url.path == sent.path
    headers = {**sent.headers, **CODEC.authorization("sk-test")}
    assert headers == {name: seen[0].headers[name] for name in headers}


@pytest.mark.parametrize("fixture", [each for each in ERRORS if "credit" not in each.name], ids=lambda each: each.name)
def test_the_official_client_tries_again_where_we_do(fixture):
    seen = []
    with pytest.raises(anthropic.APIStatusError):
        answering(fixture, seen, **{"retry-after-ms": "1"}).messages.create(model="m", messages=[], max_tokens=1)
    assert CODEC.decode(fixture.call, fixture.received).retryable == (len(seen) == 2)


def test_what_was_sent_is_on_record():
    sent = CODEC.encode(call_of("sample", **EVERYTHING, temperature=0.5, seed=1, top_p=0.9, top_k=2))
    body = json.loads(sent.body)
    prompt_and_schema = (("model",), ("system",), ("messages",), ("output_config", "format"))
    assert sent.parameters_sent == without(body, *prompt_and_schema)
    assert sent.parameters_dropped == ("seed", "temperature", "top_k", "top_p")


def test_what_it_can_send_is_what_it_says_it_can():
    asked = dict.fromkeys(CODEC.capabilities.parameters, 1)
    assert CODEC.encode(call_of("sample", **asked)).parameters_dropped == ()
    assert not {"temperature", "seed", "top_p", "top_k"} & CODEC.capabilities.parameters
    assert CODEC.capabilities.methods == {"sample", "verbalized"}


def test_without_a_system_text_there_is_no_system():
    assert "system" not in json.loads(CODEC.encode(call_of("sample", system="")).body)


def test_no_usage_is_none_and_not_zero():
    assert CODEC.decode(call_of("free_text"), Received(200, {}, b'{"content": []}')).usage is None


@settings(max_examples=150, deadline=None)
@given(KINDS, STATUSES, HEADERS, bodies("anthropic"))
def test_nothing_raises(kind, status, headers, body):
    assert is_sound(CODEC, call_of(kind), Received(status, headers, body))
