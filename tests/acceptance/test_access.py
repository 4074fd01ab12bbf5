"""Keys, quotas and failures of a served process: every status with its headers, and rotation while it runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.web.access.key import client_label, new_key
from tests.acceptance.conftest import Server, start
from tests.acceptance.talk import Reply, post, request, say
from tests.web.access.people import line

GOOD, SECOND, OLD, GONE, NARROW, POOR, CAREFUL, STRANGER = (new_key() for _ in range(8))
ARMS = [
    {"name": "a", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4]},
    {"name": "b", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5]},
]
STUDY = json.dumps({"data": {"layout": "arrays", "arms": ARMS}}).encode()
FILE = (
    line(GOOD, "calibrate", "design")
    + line(OLD, more=", expires = 2020-01-01T00:00:00Z")
    + line(GONE, more=", revoked = true")
    + line(NARROW, "design", client="narrow")
    + line(POOR, client="poor")
    + line(CAREFUL, client="careful")
    + 'quotas.poor = "10/1000"\nquotas.careful = "10/1000"\n'
)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("keys")
    file = folder / "keys.toml"
    file.write_text(FILE)
    running = start(
        folder / "stderr",
        RECTIFIER_KEYS_FILE=str(file),
        RECTIFIER_AUTH_FAILURES_PER_MINUTE="40",
        RECTIFIER_TRUSTED_PROXIES="127.0.0.1",
        RECTIFIER_CANARY_SECONDS="0",
        RECTIFIER_PARSE_PROCESS="false",
    )
    yield running, file
    if running.process.poll() is None:
        assert running.stop() == 0, running.log.read_text()


def asked(server: Server, key: str | None, address: str = "192.0.2.1", path: str = "/v1/calibrations") -> Reply:
    given = {} if key is None else {"X_API_Key": key}
    return post(server, STUDY, path, X_Forwarded_For=address, **given)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return met


def test_every_kind_of_key_gets_its_status_and_headers(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    assert asked(server, GOOD).status == 200
    nothing = asked(server, None)
    assert (nothing.status, nothing.json["code"]) == (401, "unauthenticated")
    assert nothing.headers["www-authenticate"] == 'Bearer realm="rectifier"'
    refused = [asked(server, key) for key in (STRANGER, OLD, GONE)]
    assert {reply.status for reply in refused} == {401}
    bodies = {json.dumps(reply.json | {"instance": ""}) for reply in refused}
    assert len(bodies) == 1
    assert {reply.headers["www-authenticate"] for reply in refused} == {
        'Bearer realm="rectifier", error="invalid_token"'
    }
    assert asked(server, STRANGER[:-1]).status == 401
    narrow = asked(server, NARROW)
    assert (narrow.status, narrow.json["code"]) == (403, "insufficient_scope")
    assert 'scope="calibrate"' in narrow.headers["www-authenticate"]
    assert narrow.headers["content-type"] == "application/problem+json"
    assert narrow.headers["cache-control"] == "no-store"


def test_a_bearer_is_a_key_too(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    assert post(server, STUDY, Authorization=f"Bearer {GOOD}").status == 200


def test_a_quota_is_told_used_up_and_told_again(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    first = asked(server, POOR)
    assert first.status == 200
    assert first.headers["ratelimit-policy"] == '"work-units";q=10;qu="work-units";w=1000'
    assert first.headers["ratelimit"].startswith('"work-units";r=0;t=')
    over = asked(server, POOR)
    assert (over.status, over.json["code"]) == (429, "quota_exceeded")
    assert over.headers["ratelimit"] == f'"work-units";r=0;t={over.headers["retry-after"]}'
    assert "ratelimit" not in asked(server, GOOD).headers


def test_what_is_only_validated_is_computed_and_costs_as_much(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    valid, over = (asked(server, CAREFUL, path="/v1/calibrations?validate_only=true") for _ in range(2))
    assert (valid.status, valid.headers["ratelimit"].partition(";t=")[0]) == (200, '"work-units";r=0')
    assert (over.status, over.json["code"]) == (429, "quota_exceeded")


def test_failures_of_one_address_are_held_up_and_nobody_elses(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    statuses = [asked(server, STRANGER, "203.0.113.9").status for _ in range(45)]
    assert statuses[:40] == [401] * 40
    assert set(statuses[41:]) == {429}
    held = asked(server, STRANGER, "203.0.113.9")
    assert held.json["code"] == "too_many_failures"
    assert int(held.headers["retry-after"]) >= 1
    assert asked(server, GOOD, "203.0.113.9").status == 200
    assert asked(server, STRANGER, "203.0.113.10").status == 401


def test_descriptions_and_probes_ask_for_no_key(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    described = ("/", "/workbench/view.js", "/docs", "/openapi.json", "/v1/problems", "/v1/methods")
    for path in ("/livez", "/readyz", "/startupz", "/metrics", *described):
        assert say(server, request("GET", path)).status == 200, path


def test_keys_are_rotated_without_a_restart(keyed: tuple[Server, Path]) -> None:
    server, file = keyed
    assert asked(server, SECOND).status == 401
    file.write_text(FILE + line(SECOND))
    assert until(lambda: asked(server, SECOND, "198.51.100.1").status == 200)
    assert asked(server, GOOD).status == 200  # both are good while clients change over
    file.write_text(FILE.replace(line(GOOD, "calibrate", "design"), "") + line(SECOND))
    assert until(lambda: asked(server, GOOD, "198.51.100.2").status == 401)
    assert asked(server, SECOND).status == 200


def test_the_log_has_a_label_for_the_client_and_nothing_of_a_key(keyed: tuple[Server, Path]) -> None:
    server, _ = keyed
    asked(server, GOOD)
    log = server.log.read_text()
    lines: list[dict[str, Any]] = [json.loads(text) for text in log.splitlines()]
    assert client_label("lab") in {entry.get("client") for entry in lines}
    for key in (GOOD, SECOND, OLD, GONE, NARROW, POOR, CAREFUL, STRANGER):
        assert key not in log
        assert key[10:30] not in log
