from __future__ import annotations

import json

import httpx2
import openai
import pytest
from hypothesis import given, settings
from openai.types.chat import ChatCompletion

from service.gateway.providers.openai_chat import CODEC, COMPATIBLE
from service.gateway.providers.protocol import Failure, Received, Usage
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

FIXTURES = recorded("openai_chat")
ANSWERS = [each for each in FIXTURES if each.is_answer]
AS_OPENAI = [each for each in ANSWERS if "parts" not in each.name]
ERRORS = [each for each in FIXTURES if each.received.status >= 400]
NOT_SPENT = [each for each in ERRORS if "quota" not in each.name and "per_day" not in each.name]
EVERYTHING = {
    "temperature": 0.5,
    "top_p": 0.9,
    "max_output_tokens": 50,
    "seed": 3,
    "reasoning_effort": "low",
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "stop": ["\n"],
    "service_tier": "flex",
}


def answering(fixture, seen, **headers):
    """The official client with a transport that notes what it is sent and answers with a fixture."""

    def answer(request):
        seen.append(request)
        received = fixture.received
        return httpx2.Response(received.status, headers={**received.headers, **headers}, content=received.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(api_key="sk-test", base_url="https://upstream.test/v1", http_client=http, max_retries=1)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_reads_what_the_fixture_says(fixture):
    assert plain(CODEC.decode(fixture.call, fixture.received)) == fixture.expect


@pytest.mark.parametrize("fixture", AS_OPENAI, ids=lambda each: each.name)
def test_the_official_client_reads_the_same(fixture):
    theirs = ChatCompletion.model_validate(fixture.body)
    ours = CODEC.decode(fixture.call, fixture.received)
    choice = theirs.choices[0]
    assert ours.text == (choice.message.refusal or choice.message.content or None)
    assert (ours.model_returned, ours.fingerprint) == (theirs.model, theirs.system_fingerprint)
    assert (ours.usage.input, ours.usage.output) == (theirs.usage.prompt_tokens, theirs.usage.completion_tokens)
    if fixture.call.method != "logprob":
        assert (ours.missing == "truncated") == (choice.finish_reason == "length")
        assert (ours.missing == "blocked_output") == (choice.finish_reason == "content_filter")
    for token, value in ours.logprobs or ():
        listed = [*choice.logprobs.content[0].top_logprobs, choice.logprobs.content[0]]
        assert any(each.token == token and each.logprob == pytest.approx(value, abs=1e-6) for each in listed)


@pytest.mark.parametrize("kind", ["sample", "verbalized", "free_text", "logprob"])
@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["no parameters", "all parameters"])
def test_the_official_client_sends_the_same(kind, parameters):
    call, seen = call_of(kind, **parameters), []
    theirs = {wire: parameters[name] for name, wire in CODEC.wire.items() if name in parameters}
    theirs.setdefault("max_completion_tokens", 1 if kind == "logprob" else 1024)
    if call.schema is not None:
        schema = {"name": "answer", "strict": True, "schema": SCHEMA}
        theirs["response_format"] = {"type": "json_schema", "json_schema": schema}
    if kind == "logprob":
        theirs |= {"logprobs": True, "top_logprobs": 20}
    messages = [{"role": "system", "content": call.system}, {"role": "user", "content": call.user}]
    client = answering(ANSWERS[0], seen)
    client.chat.completions.create(model=call.model, messages=messages, store=False, **theirs)
    sent = CODEC.encode(call)
    assert json.loads(sent.body) == json.loads(seen[0].content)
    assert seen[0].url.path == "/v1" + sent.path
    headers = {**sent.headers, **CODEC.authorization("sk-test")}
    assert headers == {name: seen[0].headers[name] for name in headers}


@pytest.mark.parametrize("kind", ["sample", "free_text", "logprob"])
def test_what_was_sent_is_on_record(kind):
    sent = CODEC.encode(call_of(kind, **EVERYTHING, top_k=5))
    body = json.loads(sent.body)
    assert sent.parameters_sent == without(body, ("model",), ("messages",), ("response_format",))
    assert sent.parameters_dropped == ("top_k",)
    assert ("response_format" in body) == (kind == "sample")


def test_the_older_wire_has_no_store_and_another_bound():
    sent = COMPATIBLE.encode(call_of("free_text", max_output_tokens=9, service_tier="flex", temperature=None))
    assert sent.parameters_sent == {"max_tokens": 9}
    assert sent.parameters_dropped == ("service_tier",)
    assert COMPATIBLE.name == "openai_compatible"
    assert COMPATIBLE.capabilities.parameters == CODEC.capabilities.parameters - {"service_tier"}


def test_without_a_system_text_there_is_no_system_message():
    assert [each["role"] for each in json.loads(CODEC.encode(call_of("sample", system="")).body)["messages"]] == [
        "user"
    ]


def test_the_key_is_in_the_secret_headers_only():
    sent = CODEC.encode(call_of("sample"))
    assert "authorization" not in sent.headers
    assert CODEC.authorization("sk-1") == {"authorization": "Bearer sk-1"}


@pytest.mark.parametrize("fixture", NOT_SPENT, ids=lambda each: each.name)
def test_the_official_client_tries_again_where_we_do(fixture):
    seen = []
    with pytest.raises(openai.APIStatusError):
        answering(fixture, seen, **{"retry-after-ms": "1"}).chat.completions.create(model="m", messages=[])
    decoded = CODEC.decode(fixture.call, fixture.received)
    assert isinstance(decoded, Failure)
    assert decoded.retryable == (len(seen) == 2)


@pytest.mark.parametrize(
    "body", [b"", b"{malformed json: <<<", b"[1]", b"\xff", b'{"choices": [{"message": {"content": "hal']
)
def test_a_broken_body_is_worth_another_try(body):
    decoded = CODEC.decode(call_of("sample"), Received(200, {}, body))
    assert (decoded.missing, decoded.retryable) == ("upstream_error", True)


def answer(usage):
    whole = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "usage": usage}
    return CODEC.decode(call_of("sample"), Received(200, {}, json.dumps(whole).encode()))


def test_thinking_that_the_count_leaves_out_is_in_the_total():
    apart = {"prompt_tokens": 13, "completion_tokens": 1, "total_tokens": 399}  # xAI's
    told = answer(apart | {"completion_tokens_details": {"reasoning_tokens": 385}})
    assert told.usage == Usage(13, 0, 386, 385)


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": "13", "completion_tokens": "1"}, {"total_tokens": 14}])
def test_a_usage_without_its_counts_is_none(usage):
    assert answer(usage).usage is None


def test_no_usage_is_none_and_not_zero():
    body = b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}'
    assert CODEC.decode(call_of("sample"), Received(200, {}, body)).usage is None


@settings(max_examples=150, deadline=None)
@given(KINDS, STATUSES, HEADERS, bodies("openai_chat"))
def test_nothing_raises(kind, status, headers, body):
    assert is_sound(CODEC, call_of(kind), Received(status, headers, body))


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_an_answer_that_its_server_gave_up_is_an_upstream_error(reason):
    body = {"choices": [{"message": {"content": ""}, "finish_reason": reason}]}
    found = CODEC.decode(call_of("sample"), Received(200, {}, json.dumps(body).encode()))
    assert found.missing == "upstream_error"
