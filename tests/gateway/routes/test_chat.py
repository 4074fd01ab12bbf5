from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from service.gateway.conduct.lines import MOST
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Received
from service.gateway.settings import SIMULATED
from tests.gateway.studies import JSON, TEXT, gateway, post, request
from tests.web.asgi import Answer, ask, call

CHAT = "/v1/chat/completions"
HELLO = {"model": "simulated/simulated", "messages": [{"role": "user", "content": "Hello"}]}
PRICED = OfferedModel("m", price=Price(1.0, 10.0, "2026-11-01"))
PROVIDERS = {
    "simulated": SIMULATED,
    "openai": Provider(
        "openai", "openai_chat", "https://x/v1", key="server-key", models={"m": PRICED}, any_model=False
    ),
    "claude": Provider("claude", "anthropic", "https://y"),
    "forwards": Provider("forwards", "openai_chat", "https://z/v1", key="server-key", bearer=True),
    "decides": Provider("decides", "system_one", "https://w/v1"),
    "google": Provider("google", "gemini", "https://v"),
}
WHOLE = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1", "extra": {"kept": True},
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2},
}  # fmt: skip


class Upstream:
    def __init__(self, status: int = 200, body: object = WHOLE) -> None:
        self.status, self.body, self.secrets, self.bodies = status, body, [], []

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        self.secrets.append(dict(secret_headers))
        self.bodies.append(json.loads(sent.body))
        return Received(self.status, {"x-request-id": "req-1"}, json.dumps(self.body).encode())


def app(upstream: Upstream | None = None):
    return gateway(upstream, providers=PROVIDERS, retry_attempts=1)


def test_the_embedded_provider_talks() -> None:
    answer = post(app(), HELLO, CHAT)
    assert answer.status == 200
    assert answer.json["choices"][0]["message"]["content"]
    assert answer.headers["x-rectifier-provider"] == "simulated"
    assert answer.headers["x-rectifier-attempts"] == "1"


def test_the_same_wire_passes_through_with_provenance() -> None:
    upstream = Upstream()
    answer = post(app(upstream), HELLO | {"model": "openai/m", "tools": [], "temperature": 0.1}, CHAT)
    assert answer.json == WHOLE
    assert upstream.bodies == [
        {"model": "m", "messages": HELLO["messages"], "tools": [], "temperature": 0.1, "max_completion_tokens": 4096}
    ]
    assert upstream.secrets == [{"authorization": "Bearer server-key"}]
    assert answer.headers["x-rectifier-upstream-request-id"] == "req-1"
    assert float(answer.headers["x-rectifier-usd"]) == pytest.approx((10 * 1 + 2 * 10) / 1e6)


def test_a_stream_is_the_whole_answer_at_once() -> None:
    upstream = Upstream()
    answer = post(app(upstream), HELLO | {"model": "openai/m", "stream": True, "stream_options": {}}, CHAT)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert "stream" not in upstream.bodies[0]
    spoken = post(app(), HELLO | {"stream": True}, CHAT)
    assert b'"finish_reason":"stop"' in spoken.body


OWN = "sk-" + "o" * 30


@pytest.mark.parametrize(
    ("model", "headers", "expected", "whose"),
    [
        ("openai/m", {"x_upstream_key": "openai=own-key"}, "Bearer own-key", "caller"),
        ("openai/m", {"x_upstream_key": "forwards=own-key"}, "Bearer server-key", "operator"),
        ("openai/m", {"authorization": f"Bearer {OWN}"}, "Bearer server-key", "operator"),
        ("forwards/m", {"authorization": f"Bearer {OWN}"}, f"Bearer {OWN}", "caller"),
        ("forwards/m", {"authorization": f"Basic {OWN}"}, "Bearer server-key", "operator"),
        ("forwards/m", {"authorization": "Bearer none"}, "Bearer server-key", "operator"),
        ("forwards/m", {"authorization": f"Bearer {OWN}", "x_upstream_key": "forwards=k"}, "Bearer k", "caller"),
    ],
)
def test_callers_may_bring_keys_and_are_told_whose_was_used(model, headers, expected, whose) -> None:
    upstream = Upstream()
    answer = post(app(upstream), HELLO | {"model": model}, CHAT, **headers)
    assert upstream.secrets == [{"authorization": expected}]
    assert answer.headers["x-rectifier-key"] == whose


def test_a_bearer_that_is_no_key_does_not_spend_the_operators() -> None:
    upstream = Upstream()
    answer = post(app(upstream), HELLO | {"model": "forwards/m"}, CHAT, authorization="Bearer " + "\xe9" * 30)
    assert (answer.status, answer.json["error"]["code"], upstream.bodies) == (400, "invalid_request", [])


@pytest.mark.parametrize(
    ("upstream", "status", "code"),
    [
        (Upstream(401, {}), 401, "auth_failed"),
        (Upstream(429, {}), 429, "rate_limited"),
        (Upstream(500, {}), 502, "upstream_error"),
        (Upstream(529, {}), 503, "upstream_error"),
        (Upstream(400, {"error": {"code": "context_length_exceeded"}}), 400, "context_overflow"),
    ],
)
def test_failures_are_errors_as_openai_clients_read_them(upstream: Upstream, status: int, code: str) -> None:
    answer = post(app(upstream), HELLO | {"model": "openai/m"}, CHAT)
    assert answer.status == status
    assert set(answer.json["error"]) == {"message", "type", "code", "param"}
    assert answer.json["error"]["code"] == code
    assert answer.headers["x-rectifier-attempts"] == "1"
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-rectifier-missing"] == code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"candidates": [{"finishReason": "STOP", "content": {"parts": []}}]}, 502, "empty"),
        ({"candidates": [{"finishReason": "MALFORMED_RESPONSE", "content": {"parts": []}}]}, 502, "upstream_error"),
    ],
)
def test_a_completion_without_an_answer_is_an_error(body, status: int, code: str) -> None:
    answer = post(app(Upstream(200, body)), HELLO | {"model": "google/m"}, CHAT)
    assert (answer.status, answer.json["error"]["code"], answer.headers["x-should-retry"]) == (status, code, "false")


def test_a_blocked_prompt_says_so() -> None:
    upstream = Upstream(200, {"promptFeedback": {"blockReason": "SAFETY"}})
    answer = post(app(upstream), HELLO | {"model": "google/m"}, CHAT)
    assert answer.json["choices"][0]["finish_reason"] == "content_filter"
    assert answer.headers["x-rectifier-missing"] == "blocked_input"


def test_a_provider_that_is_left_alone_says_until_when() -> None:
    upstream = Upstream(500, {})
    chatting = app(upstream)
    for _ in range(8):
        post(chatting, HELLO | {"model": "openai/m"}, CHAT)
    answer = post(chatting, HELLO | {"model": "openai/m"}, CHAT)
    assert (answer.status, answer.json["error"]["code"]) == (503, "circuit_open")
    assert 1 <= int(answer.headers["retry-after"]) <= 15
    assert "x-should-retry" not in answer.headers
    assert len(upstream.bodies) == 8


def test_what_was_added_is_told() -> None:
    for changes, expected in (({}, "max_completion_tokens=4096"), ({"max_tokens": 5}, None)):
        answer = post(app(Upstream()), HELLO | {"model": "openai/m"} | changes, CHAT)
        assert answer.headers.get("x-rectifier-added") == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "invalid_request"),
        ({}, 404, "model_not_found"),
        (HELLO | {"model": "gpt"}, 404, "model_not_found"),
        (HELLO | {"model": "nobody/m"}, 404, "model_not_found"),
        (HELLO | {"model": "openai/other"}, 404, "model_not_found"),
        (HELLO | {"model": ["openai/m"]}, 404, "model_not_found"),
        (HELLO | {"model": "claude/"}, 404, "model_not_found"),
        (HELLO | {"model": "claude/" + "m" * 201}, 404, "model_not_found"),
        (HELLO | {"model": "claude/m", "temperature": 1}, 400, "unsupported"),
        (HELLO | {"model": "decides/m"}, 400, "unsupported"),
        (HELLO | {"model": "openai/m", "max_tokens": -1000}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_sent_on_is_refused(body, status: int, code: str) -> None:
    answer = post(app(Upstream()), body, CHAT)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_headers_and_bodies_that_cannot_be_read_are_openai_errors_too() -> None:
    answer = post(app(), HELLO, CHAT, x_upstream_key="sk-canary")
    assert (answer.status, answer.json["error"]["code"]) == (422, "malformed_upstream_key")
    assert b"canary" not in answer.body
    unknown = post(app(), HELLO, CHAT, x_upstream_key="OpenAI=sk-canary")
    assert (unknown.status, unknown.json["error"]["code"]) == (422, "unknown_provider")
    large = post(gateway(max_body_bytes=10), HELLO, CHAT)
    assert (large.status, large.json["error"]["code"]) == (413, "body_too_large")
    odd = post(app(), HELLO, CHAT, content_encoding="brotli")
    assert (odd.status, odd.headers["accept-encoding"]) == (415, "gzip, zstd, identity")
    slow = ask(gateway(body_idle_seconds=0.01).asgi, "POST", CHAT, body=(b"{", 5.0, b"}"), headers=JSON)
    assert (slow.status, slow.json["error"]["code"]) == (408, "body_timeout")


def test_a_compressed_body_is_taken() -> None:
    packed = gzip.compress(json.dumps(HELLO).encode())
    headers = JSON | {"content-encoding": "gzip"}
    assert ask(app().asgi, "POST", CHAT, body=packed, headers=headers, stay=600.0).status == 200


class Waiting(Upstream):
    """Answers never, and says that it was given up."""

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        try:
            await asyncio.Event().wait()
        finally:
            self.bodies.append("given up")


def test_a_client_that_leaves_spends_nothing_more() -> None:
    upstream = Waiting()
    headers, body = JSON, json.dumps(HELLO | {"model": "openai/m"}).encode()
    answer = ask(app(upstream).asgi, "POST", CHAT, body=body, headers=headers, stay=0.05)
    assert (answer.status, answer.body, upstream.bodies) == (499, b"", ["given up"])


def test_a_process_that_stops_does_not_wait_for_an_answer() -> None:
    upstream = Waiting()
    chatting = app(upstream)
    body = json.dumps(HELLO | {"model": "openai/m"}).encode()

    async def stopped() -> Answer:
        asked = asyncio.create_task(call(chatting.asgi, "POST", CHAT, body=body, headers=JSON, stay=600.0))
        await asyncio.sleep(0.2)
        chatting.lifecycle.closing(0.2)
        return await asked

    answer = asyncio.run(stopped())
    assert (answer.status, answer.json["error"]["code"], upstream.bodies) == (503, "not_ready", ["given up"])
    assert answer.headers["retry-after"] == "1"


class Crowded(Upstream):
    """While a call is under way, so many others ask for models of their own that idle lines are forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight: list[int] = []

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        for k in range(MOST + 1):
            self.desk.line(provider, f"other {k}")
        self.in_flight.append(self.desk.line(provider, "m").window.in_flight)
        return await super().send(provider, sent, secret_headers, timeout)


def test_a_call_under_way_keeps_its_line() -> None:
    upstream = Crowded()
    served = app(upstream)
    upstream.desk = served.desk
    assert post(served, HELLO | {"model": "openai/m"}, CHAT).status == 200
    assert upstream.in_flight == [1]


def test_a_run_under_way_keeps_its_lines() -> None:
    upstream = Crowded()
    served = app(upstream)
    upstream.desk = served.desk
    asked = request(items=[TEXT], models=[{"name": "m", "provider": "openai"}], elicitation={"method": "sample"})
    assert post(served, asked | {"output": "cells"}).status == 200
    assert upstream.in_flight == [1] * 4
