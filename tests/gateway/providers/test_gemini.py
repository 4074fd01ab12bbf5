"""The wire of google-genai 3.4; its client is no dependency here, so what it sends is written out as it was seen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from service.gateway.providers.gemini import CODEC
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

FIXTURES = recorded("gemini")
BLOCKING = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "MODEL_ARMOR",
)
EVERYTHING = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 4,
    "max_output_tokens": 50,
    "seed": 3,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "stop": ["\n"],
    "service_tier": "flex",
    "reasoning_effort": "low",
}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_reads_what_the_fixture_says(fixture):
    assert plain(CODEC.decode(fixture.call, fixture.received)) == fixture.expect


def test_every_fixture_cites_what_it_follows():
    assert all(each.source for each in FIXTURES)


def test_the_request_as_the_official_client_sends_it():
    sent = CODEC.encode(call_of("sample", "gemini-x", **EVERYTHING))
    assert sent.path == "/v1beta/models/gemini-x:generateContent"
    assert json.loads(sent.body) == {
        "contents": [{"role": "user", "parts": [{"text": "How much?"}]}],
        "systemInstruction": {"parts": [{"text": "You are 34 years old."}]},
        "store": False,
        "serviceTier": "flex",
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 4,
            "maxOutputTokens": 50,
            "seed": 3,
            "frequencyPenalty": 0.1,
            "presencePenalty": 0.2,
            "stopSequences": ["\n"],
            "thinkingConfig": {"thinkingLevel": "LOW"},
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
        },
    }
    assert CODEC.authorization("k") == {"x-goog-api-key": "k"}


def test_a_logprob_call_asks_for_one_token_and_its_alternatives():
    config = json.loads(CODEC.encode(call_of("logprob")).body)["generationConfig"]
    assert config == {"maxOutputTokens": 1, "responseLogprobs": True, "logprobs": 20}


@pytest.mark.parametrize("kind", ["sample", "free_text", "logprob"])
def test_what_was_sent_is_on_record(kind):
    sent = CODEC.encode(call_of(kind, **EVERYTHING))
    prompt_and_schema = (("contents",), ("systemInstruction",), ("generationConfig", "responseJsonSchema"))
    assert sent.parameters_sent == without(json.loads(sent.body), *prompt_and_schema)
    assert sent.parameters_dropped == ()


def test_what_it_can_send_is_what_it_says_it_can():
    assert frozenset(EVERYTHING) == CODEC.capabilities.parameters
    assert CODEC.capabilities.methods == {"logprob", "sample", "verbalized"}


@pytest.mark.parametrize(
    ("model", "step"),
    [("models/gemini-x", "gemini-x"), ("a/../b?key=1#c d", "a%2F..%2Fb%3Fkey%3D1%23c%20d"), ("é", "%C3%A9")],
)
def test_a_model_name_cannot_leave_its_place_in_the_path(model, step):
    assert CODEC.encode(call_of("sample", model)).path == f"/v1beta/models/{step}:generateContent"


@pytest.mark.parametrize("finish", BLOCKING)
def test_every_reason_to_block_is_a_block(finish):
    body = json.dumps({"candidates": [{"finishReason": finish, "content": {"parts": [{"text": "{}"}]}}]})
    assert CODEC.decode(call_of("sample"), Received(200, {}, body.encode())).missing == "blocked_output"


def test_a_finish_that_is_not_stated_is_one():
    decoded = CODEC.decode(
        call_of("sample"), Received(200, {}, b'{"candidates": [{"content": {"parts": [{"text": "{}"}]}}]}')
    )
    assert (decoded.text, decoded.missing, decoded.usage) == ("{}", None, None)


@settings(max_examples=150, deadline=None)
@given(KINDS, STATUSES, HEADERS, bodies("gemini"))
def test_nothing_raises(kind, status, headers, body):
    assert is_sound(CODEC, call_of(kind), Received(status, headers, body))
