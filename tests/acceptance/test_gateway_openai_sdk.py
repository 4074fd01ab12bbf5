"""The official clients drive /v1/chat/completions: the embedded provider, OpenAI's wire, Anthropic's wire, errors.

Anthropic's client has no method for that path; its generic ``post`` sends there with its own headers.
"""

from __future__ import annotations

import json

import anthropic
import openai
import pytest
from pydantic import BaseModel

TRUSTING = [{"role": "system", "content": "You are 34."}, {"role": "user", "content": "I trust the sender."}]
MODELS = ["openai_chat/some-model", "anthropic/some-model", "simulated/simulated"]


class Trust(BaseModel):
    trust: int


@pytest.fixture(scope="module")
def gateway(gateways, providers):
    return gateways(
        providers.offered("openai_chat", "anthropic"), RECTIFIER_RETRY_BASE_SECONDS="0.01", RECTIFIER_RETRY_ATTEMPTS="3"
    )


@pytest.fixture
def client(gateway, providers):
    providers.forget()
    with openai.OpenAI(base_url=f"http://{gateway.host}:{gateway.port}/v1", api_key="none", max_retries=0) as opened:
        yield opened
    providers.forget()


def test_a_completion_of_openais_wire_comes_back_as_it_is(client, providers):
    tool = {"type": "function", "function": {"name": "noop", "parameters": {"type": "object", "properties": {}}}}
    more = {"temperature": 0.3, "seed": 5, "max_completion_tokens": 9, "user": "someone", "tools": [tool]}
    answer = client.chat.completions.create(model="openai_chat/some-model", messages=TRUSTING, **more)
    (entry,) = providers.journal()
    body = entry["body"]
    body.pop("_endpointType")
    assert body == {"model": "some-model", "messages": TRUSTING} | more
    assert json.loads(answer.choices[0].message.content) == {"trust": 4}
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens) == ("stop", 55)
    assert answer.model == "some-model"


def test_a_schema_is_passed_on_and_parsed(client, providers):
    asked = {"model": "openai_chat/some-model", "messages": TRUSTING, "response_format": Trust}
    assert client.chat.completions.parse(**asked).choices[0].message.parsed == Trust(trust=4)
    (entry,) = providers.journal()
    assert entry["body"]["response_format"]["json_schema"]["strict"] is True
    assert entry["body"]["max_completion_tokens"] > 0


def test_anthropic_answers_on_openais_wire(client, providers):
    answer = client.chat.completions.create(model="anthropic/some-model", messages=TRUSTING, max_tokens=9)
    assert json.loads(answer.choices[0].message.content) == {"trust": 4}
    assert (answer.choices[0].finish_reason, answer.usage.prompt_tokens, answer.usage.completion_tokens) == (
        "stop",
        50,
        5,
    )
    (entry,) = providers.journal()
    assert (entry["path"], entry["body"]["max_tokens"]) == ("/v1/messages", 9)


@pytest.fixture
def anthropic_client(gateway, providers):
    providers.forget()
    with anthropic.Anthropic(base_url=f"http://{gateway.host}:{gateway.port}", api_key="none", max_retries=0) as opened:
        yield opened
    providers.forget()


@pytest.mark.parametrize("model", MODELS)
def test_anthropics_client_drives_it_too(anthropic_client, model):
    body = {"model": model, "messages": TRUSTING, "max_tokens": 9}
    answer = anthropic_client.post("/v1/chat/completions", cast_to=dict[str, object], body=body)
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"]


def test_anthropics_client_reads_a_refusal(anthropic_client):
    with pytest.raises(anthropic.NotFoundError) as refused:
        anthropic_client.post("/v1/chat/completions", cast_to=dict[str, object], body={"model": "nobody/none"})
    assert refused.value.body["error"]["code"] == "model_not_found"


def test_the_embedded_provider_answers(client):
    asked = {"model": "simulated/simulated", "messages": TRUSTING}
    first, again = (client.chat.completions.create(**asked).choices[0].message.content for _ in range(2))
    assert first
    assert first == again


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_says_what_the_whole_says(client, model):
    asked = {"model": model, "messages": TRUSTING}
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.create(**asked, stream=True) as stream:
        chunks = list(stream)
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(deltas) == whole.choices[0].message.content
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)  # OpenAI sends neither, unless it is asked to


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_ends_with_its_usage_where_it_is_asked_for(client, model):
    asked = {"model": model, "messages": TRUSTING}
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.usage.total_tokens == whole.usage.total_tokens > 0


@pytest.mark.parametrize(("model", "provider"), [(model, model.partition("/")[0]) for model in MODELS])
def test_provenance_stands_in_headers(client, model, provider):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=TRUSTING)
    assert raw.headers["x-rectifier-provider"] == provider
    assert raw.headers["x-rectifier-model"] == model.partition("/")[2]
    assert raw.headers["x-rectifier-attempts"] == "1"
    assert raw.parse().choices[0].message.content


@pytest.mark.parametrize("model", ["nobody/some-model", "some-model", ""])
def test_an_unknown_model_is_not_found(client, model):
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model=model, messages=TRUSTING)
    assert raised.value.code == "model_not_found"


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize(
    ("status", "kind", "raises", "code"),
    [
        (401, "authentication_error", openai.AuthenticationError, "auth_failed"),
        (429, "insufficient_quota", openai.RateLimitError, "rate_limited"),
        (400, "invalid_request_error", openai.BadRequestError, "unsupported"),
        (400, "context_length_exceeded", openai.BadRequestError, "context_overflow"),
    ],
)
def test_errors_of_the_provider_are_the_clients_own(client, providers, model, status, kind, raises, code):
    providers.error(status, kind)
    with pytest.raises(raises) as raised:
        client.chat.completions.create(model=model, messages=TRUSTING)
    assert raised.value.code == code
    assert "told to" not in str(raised.value)


@pytest.mark.parametrize("model", MODELS[:2])
def test_a_provider_that_is_down_is_a_server_error_after_tries(client, providers, model):
    providers.chaos(dropRate=1)
    with pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(model=model, messages=TRUSTING)
    assert raised.value.response.headers["x-rectifier-attempts"] == "3"
    providers.forget()
    providers.error(529, "overloaded_error")
    answer = client.chat.completions.with_raw_response.create(model=model, messages=TRUSTING)
    assert answer.headers["x-rectifier-attempts"] == "2"


@pytest.mark.parametrize(
    "more", [{"seed": 3}, {"logprobs": True}, {"n": 2}, {"messages": [*TRUSTING, {"role": "user", "content": "And?"}]}]
)
def test_what_anthropics_wire_has_no_place_for_is_refused(client, providers, more):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**{"model": "anthropic/some-model", "messages": TRUSTING} | more)
    assert raised.value.code == "unsupported"
    assert providers.journal() == []


@pytest.mark.parametrize(
    "body",
    [
        [1],
        {"model": "anthropic/some-model"},
        {"model": "anthropic/some-model", "messages": [7]},
        {"model": "anthropic/some-model", "messages": [{"role": ["user"], "content": "x"}]},
        {"model": "anthropic/some-model", "messages": [{"role": "user", "content": [{"type": []}]}]},
        {"model": "anthropic/some-model", "messages": TRUSTING, "n": [1]},
        {"model": "openai_chat/some-model", "messages": {"role": "user"}},
        {"model": "simulated/simulated", "messages": TRUSTING, "temperature": "hot"},
    ],
)
def test_a_body_that_makes_no_sense_is_a_bad_request(client, body):
    with pytest.raises(openai.BadRequestError):
        client.post("/chat/completions", body=body, cast_to=object)


def test_calls_of_tools_are_streamed_with_their_place(client, providers):
    noop = {"type": "function", "function": {"name": "noop", "parameters": {"type": "object", "properties": {}}}}
    asked = {"model": "openai_chat/some-model", "messages": [{"role": "user", "content": "Call it."}], "tools": [noop]}
    (whole,) = client.chat.completions.create(**asked).choices[0].message.tool_calls
    with client.chat.completions.stream(**asked) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls
    assert (streamed.function.name, streamed.function.arguments) == (whole.function.name, whole.function.arguments)
