from __future__ import annotations

import json

import pytest

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Received
from service.gateway.settings import SIMULATED
from tests.gateway.studies import gateway, post

CHAT = "/v1/chat/completions"
HELLO = {"model": "simulated/simulated", "messages": [{"role": "user", "content": "Hello"}]}
PRICED = OfferedModel("m", price=Price(1.0, 10.0, "2026-11-01"))
PROVIDERS = {
    "simulated": SIMULATED,
    "openai": Provider(
        "openai", "openai_chat", "https://x/v1", key="server-key", models={"m": PRICED}, any_model=False
    ),
    "claude": Provider("claude", "anthropic", "https://y"),
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


def test_callers_may_bring_keys_and_placeholders_are_none() -> None:
    for headers, expected in (
        ({"x_upstream_key": "openai=own-key"}, "Bearer own-key"),
        ({"authorization": "Bearer sk-" + "o" * 30}, "Bearer sk-" + "o" * 30),
        ({"authorization": "Bearer none"}, "Bearer server-key"),
    ):
        upstream = Upstream()
        post(app(upstream), HELLO | {"model": "openai/m"}, CHAT, **headers)
        assert upstream.secrets == [{"authorization": expected}]


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


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "invalid_request"),
        ({}, 404, "model_not_found"),
        (HELLO | {"model": "gpt"}, 404, "model_not_found"),
        (HELLO | {"model": "nobody/m"}, 404, "model_not_found"),
        (HELLO | {"model": "openai/other"}, 404, "model_not_found"),
        (HELLO | {"model": "claude/m", "temperature": 1}, 400, "unsupported"),
    ],
)
def test_what_cannot_be_sent_on_is_refused(body, status: int, code: str) -> None:
    answer = post(app(Upstream()), body, CHAT)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_headers_and_bodies_that_cannot_be_read_are_openai_errors_too() -> None:
    answer = post(app(), HELLO, CHAT, x_upstream_key="sk-canary")
    assert (answer.status, answer.json["error"]["code"]) == (400, "malformed_upstream_key")
    assert b"canary" not in answer.body
