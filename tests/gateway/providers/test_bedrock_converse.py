"""The wire of the Bedrock API reference; its client signs and is no dependency here, so requests are written out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from service.gateway.providers.bedrock_converse import CODEC
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

FIXTURES = recorded("bedrock_converse")
EVERYTHING = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 4,
    "max_output_tokens": 50,
    "stop": "\n",
    "service_tier": "flex",
}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_reads_what_the_fixture_says(fixture):
    assert plain(CODEC.decode(fixture.call, fixture.received)) == fixture.expect


def test_every_fixture_cites_what_it_follows():
    assert all(each.source for each in FIXTURES)


def test_the_request_as_it_is_documented():
    body = json.loads(CODEC.encode(call_of("sample", **EVERYTHING)).body)
    schema = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"].pop("schema")
    assert json.loads(schema) == SCHEMA
    assert body == {
        "messages": [{"role": "user", "content": [{"text": "How much?"}]}],
        "system": [{"text": "You are 34 years old."}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["\n"]},
        "additionalModelRequestFields": {"top_k": 4},
        "serviceTier": {"type": "flex"},
        "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"name": "answer"}}}},
    }
    assert CODEC.authorization("k") == {"authorization": "Bearer k"}


def test_the_least_request():
    body = json.loads(CODEC.encode(call_of("free_text", system="")).body)
    assert body == {
        "messages": [{"role": "user", "content": [{"text": "How much?"}]}],
        "inferenceConfig": {"maxTokens": 1024},
    }


def test_what_was_sent_is_on_record():
    sent = CODEC.encode(call_of("sample", **EVERYTHING, seed=1, reasoning_effort="low"))
    assert sent.parameters_sent == without(json.loads(sent.body), ("messages",), ("system",), ("outputConfig",))
    assert sent.parameters_dropped == ("reasoning_effort", "seed")


def test_what_it_can_send_is_what_it_says_it_can():
    assert frozenset(EVERYTHING) == CODEC.capabilities.parameters
    assert CODEC.capabilities.methods == {"sample", "verbalized"}


@pytest.mark.parametrize(
    ("model", "step"),
    [
        ("anthropic.claude-x-v1:0", "anthropic.claude-x-v1%3A0"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/x",
            "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx",
        ),
    ],
)
def test_a_model_id_is_one_step_of_the_path(model, step):
    assert CODEC.encode(call_of("sample", model)).path == f"/model/{step}/converse"


def test_no_usage_is_none_and_not_zero():
    body = b'{"output": {"message": {"content": [{"text": "yes"}]}}}'
    decoded = CODEC.decode(call_of("free_text"), Received(200, {}, body))
    assert (decoded.text, decoded.usage, decoded.missing) == ("yes", None, None)


@settings(max_examples=150, deadline=None)
@given(KINDS, STATUSES, HEADERS, bodies("bedrock_converse"))
def test_nothing_raises(kind, status, headers, body):
    assert is_sound(CODEC, call_of(kind), Received(status, headers, body))
