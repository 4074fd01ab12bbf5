"""Canaries in personas, items, templates, messages and keys; none in the gateway's log, metrics or refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.gateway.app import create_gateway
from service.gateway.settings import Settings as GatewaySettings
from service.web.access.key import new_key
from tests.acceptance.canaries import KEY, LOOKED_FOR, NAME, VALUE, Sending, posted, strangers
from tests.acceptance.conftest import Server, written
from tests.acceptance.launching import assert_silent, launched
from tests.acceptance.talk import Reply, request, say
from tests.gateway.studies import request as study
from tests.web.access.people import line
from tests.web.paths import posts

OURS = new_key()
OPERATORS = f"sk-{KEY}-operator"
CALLERS = f"dead=sk-{KEY}-caller"
PERSONA = {"unit_id": f"{VALUE}-unit", "attributes": {"age": 8675309, "job": VALUE}, "arm": "treatment"}
ITEM = {"name": NAME, "type": "free_text", "text": f"{VALUE}?"}
GOOD = study(personas=[PERSONA], items=[ITEM], elicitation={"method": "sample"}, arms=[
    {"name": "treatment", "text": f"{VALUE} letter"}, {"name": NAME, "text": VALUE},
])  # fmt: skip
CHAT: dict[str, Any] = {"model": "simulated/simulated", "messages": [{"role": "user", "content": VALUE}]}
RUNS = "/v1/generations"
PATHS = posts(create_gateway(GatewaySettings()).asgi._app)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gateway-privacy")
    (folder / "keys.toml").write_text(line(OURS, "generate", client="zaphods-lab"))
    (folder / "key").write_text(OPERATORS)
    dead = {"codec": "openai_chat", "base_url": "http://127.0.0.1:1/", "local": True, "bearer": True}
    providers = written(folder / "providers.toml", {"dead": dead | {"key_file": str(folder / "key")}})
    running = launched(
        folder, "gateway", RECTIFIER_KEYS_FILE=str(folder / "keys.toml"), RECTIFIER_PROVIDERS_FILE=str(providers),
        RECTIFIER_RETRY_ATTEMPTS="1", RECTIFIER_BODY_IDLE_SECONDS="1", RECTIFIER_AUTH_FAILURES_PER_MINUTE="1000",
    )  # fmt: skip
    yield running
    if running.process.poll() is None:
        running.stop()


def to_all(body: object) -> Iterator[Sending]:
    for path in PATHS:
        yield posted(path, path, body, X_API_Key=OURS, X_Upstream_Key=CALLERS, X_Tenant=VALUE)


def asked(server: Server, sending: Sending) -> Reply | None:
    try:
        return say(server, sending.content)
    except (AssertionError, OSError, KeyError):  # a stream says no length
        return None


def test_good_requests(server: Server) -> None:
    for model in ("simulated", "dead"):
        body = GOOD | {"models": [{"name": NAME, "provider": model, "model": "simulated"}]}
        for path in (RUNS, f"{RUNS}/plan"):
            asked(server, posted(path, path, body, X_API_Key=OURS, X_Upstream_Key=CALLERS, X_Tenant=VALUE))
        chat = CHAT | {"model": f"{model}/{NAME}"}
        for headers in (
            {"X_API_Key": OURS},
            {"Authorization": f"Bearer {OURS}"},
            {"X_API_Key": OURS, "X_Upstream_Key": CALLERS},
        ):
            reply = asked(server, posted("chat", "/v1/chat/completions", chat, **headers))
            assert reply is not None
            assert KEY.encode() not in reply.body + repr(reply.headers).encode()
    assert say(server, request("GET", "/v1/providers", X_API_Key=OURS)).status == 200
    assert_silent(server, OURS)


def test_bad_requests(server: Server) -> None:
    wrong: list[object] = [
        {NAME: VALUE},
        GOOD | {"template": {"user": f"{{{NAME}}} {VALUE} {{item}}"}},
        GOOD | {"models": [{"name": NAME, "provider": VALUE}]},
        GOOD | {"personas": [PERSONA, PERSONA]},
        GOOD | {"elicitation": {"method": VALUE}},
        GOOD | {"resume": {"done": [VALUE]}, "seed": VALUE},
        CHAT | {"model": VALUE},
        CHAT | {"messages": VALUE, "temperature": VALUE},
        f'{{"{NAME}": {VALUE}'.encode(),
    ]
    for body in wrong:
        for sending in to_all(body):
            reply = asked(server, sending)
            if reply is not None:
                assert reply.status >= 400, (sending.name, body)
                said = reply.body.replace(NAME.encode(), b"")
                assert not LOOKED_FOR.search(said), (sending.name, said)
    for path in PATHS:
        for sending in (
            *strangers(path, json.dumps(GOOD).encode()),
            posted("keys", path, GOOD, X_API_Key=OURS, X_Upstream_Key=f"{VALUE}={KEY}"),
            posted("keys", path, GOOD, X_API_Key=OURS, X_Upstream_Key=KEY),
        ):
            reply = asked(server, sending)
            if reply is not None and not sending.ok:
                assert reply.status >= 400, sending.name
                assert not LOOKED_FOR.search(reply.body), (sending.name, reply.body)
    assert_silent(server, OURS)


def test_our_own_faults(server: Server) -> None:
    crash = GOOD | {"personas": [PERSONA | {"unit_id": "crash"}]}
    reply = asked(server, posted("crash", f"{RUNS}/plan", crash, X_API_Key=OURS))
    assert reply is not None
    assert (reply.status, reply.json["code"]) == (500, "internal_error")
    log = assert_silent(server, OURS)
    assert b"KeyError at failing" in log
    assert b"elsewhere has something to say" in log
    assert sorted(path.name for path in Path(server.log.parent).iterdir()) == [
        "key",
        "keys.toml",
        "log",
        "providers.toml",
    ]
