"""Whole runs against aimock on five wires: every cell once whatever goes wrong, and nothing where it must not be."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.acceptance.aimock import WIRES
from tests.acceptance.counting import counting
from tests.acceptance.generating import COLOUR, PERSON, TRUST, UNIT, cells, fetched, generate, places, planned, study

KEY, BROUGHT = "sk-canary-of-the-operator-0123", "sk-canary-of-the-caller-4567"
TRANSIENT = {"upstream_error", "rate_limited", "timeout", "circuit_open"}
QUICK = {"RECTIFIER_RETRY_BASE_SECONDS": "0.01", "RECTIFIER_CACHE": "off"}


@pytest.fixture(scope="module")
def gateway(gateways, providers, tmp_path_factory):
    key = tmp_path_factory.mktemp("keys") / "key"
    key.write_text(KEY)
    price = {"input": 1.0, "output": 2.0, "as_of": "2026-01-01"}
    offered = providers.offered(*WIRES, key_file=str(key), models={"some-model": {"price": price}})
    return gateways(offered, **QUICK)


@pytest.fixture(autouse=True)
def calm(providers):
    providers.forget()
    yield
    providers.forget()


def on_every_wire(count, model="some-model"):
    models = [{"name": w, "provider": w, "model": model} for w in WIRES]
    return study(count, *models, items=[TRUST, COLOUR])


def test_clean_runs_give_every_cell_once_on_every_wire(gateway, providers):
    body = on_every_wire(30)
    records = generate(gateway, body)
    assert places(records) == planned(body)
    assert Counter(c["model"] for c in cells(records)) == dict.fromkeys(WIRES, 120)
    assert {(c["item"], c["value"]) for c in cells(records)} == {("trust", 4), ("colour", "r")}
    end = records[-1]
    assert (end["counts"], end["complete"]) == ({"answered": 600}, True)
    assert end["usage"] == {"input": 30_000, "cached_input": 0, "output": 3_000, "reasoning": 0}
    assert end["cost"]["usd"] == pytest.approx(600 * 60e-6)
    assert end["costs"]["llm"] == pytest.approx(dict.fromkeys(WIRES, 60e-6))
    assert len(providers.journal()) == 600


@pytest.mark.parametrize(
    "trouble",
    [
        {"dropRate": 0.2},
        {"malformedRate": 0.1},
        {"disconnectRate": 0.1},
        {"dropRate": 0.2, "malformedRate": 0.1, "disconnectRate": 0.1},
    ],
)
def test_every_cell_comes_once_out_of_chaos(gateway, providers, trouble):
    body = on_every_wire(30, f"troubled by {' '.join(trouble)}")  # a breaker that opens is of one model
    providers.chaos(**trouble)
    records = generate(gateway, body)
    assert places(records) == planned(body)
    failed = [c for c in cells(records) if c["status"] == "missing"]
    assert {c["missing"] for c in failed} <= TRANSIENT
    assert sum(c["provenance"]["attempts"] > 1 for c in cells(records)) > 20
    assert {c["value"] for c in cells(records) if c["status"] == "answered"} == {4, "r"}
    end = records[-1]
    assert sum(end["counts"].values()) == 600
    assert end["resume"]["remaining"] == len(failed)
    assert end["complete"] is (not failed)


def test_rate_limits_are_waited_for(gateway, providers):
    body = on_every_wire(6, "limited")
    providers.chaos(rateLimitRate=0.1)
    records = generate(gateway, body)
    assert places(records) == planned(body)
    assert {c["missing"] for c in cells(records)} <= {None, "rate_limited"}
    tries = [t for c in cells(records) for t in c["provenance"]["tries"]]
    assert {t["status"] for t in tries} <= {200, 429}


@pytest.mark.parametrize("wire", WIRES)
def test_an_overloaded_provider_is_asked_again(gateway, providers, wire):
    providers.error(529, "overloaded_error")
    records = generate(gateway, study(3, wire))
    assert places(records) == planned(study(3, wire))
    assert records[-1]["counts"] == {"answered": 6}
    tries = [[t["status"] for t in c["provenance"]["tries"]] for c in cells(records)]
    assert sorted(tries, key=len) == [[200]] * 5 + [[529, 200]]


def test_no_key_unit_or_persona_is_where_it_must_not_be(gateway, providers):
    brought = ",".join(f"{wire}={BROUGHT}" for wire in WIRES)
    told = json.dumps(
        [
            generate(gateway, on_every_wire(2)),
            generate(gateway, on_every_wire(2), X_Upstream_Key=brought),
        ]
    )
    journal = json.dumps(providers.journal())
    assert PERSON in journal
    assert UNIT not in journal
    assert KEY not in journal
    assert BROUGHT not in journal
    assert KEY not in told
    assert BROUGHT not in told


def test_a_key_goes_to_its_provider_and_nowhere_else(gateways, tmp_path):
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    with counting(0) as one, counting(0) as other, counting(0) as keyless:
        servers = {"one": one, "other": other, "keyless": keyless}
        offered = one.offered("one", key_file=str(key)) | other.offered("other", key_file=str(key))
        offered |= keyless.offered("keyless") | keyless.offered("forwards", bearer=True)
        gateway = gateways(offered, RECTIFIER_CACHE="off")
        assert generate(gateway, study(2, *servers), X_Upstream_Key=f"one={BROUGHT}")[-1]["complete"]
        seen = {name: server.keys.copy() for name, server in servers.items()}
        assert seen == {"one": {f"Bearer {BROUGHT}"}, "other": {f"Bearer {KEY}"}, "keyless": {None}}
        for name, server in servers.items():
            server.keys.clear()
            chat = {"model": f"{name}/x", "messages": [{"role": "user", "content": "Hello"}]}
            assert fetched(gateway, "/v1/chat/completions", chat, Authorization="Bearer none")[0] == 200
        assert [server.keys for server in servers.values()] == [{f"Bearer {KEY}"}, {f"Bearer {KEY}"}, {None}]
        for name, expected in (("keyless", {None}), ("forwards", {f"Bearer {BROUGHT}"})):
            keyless.keys.clear()
            chat |= {"model": f"{name}/x"}
            assert fetched(gateway, "/v1/chat/completions", chat, Authorization=f"Bearer {BROUGHT}")[0] == 200
            assert keyless.keys == expected
        listed = fetched(gateway, "/v1/providers")[1]
        assert KEY not in listed
        assert KEY not in gateway.log.read_text()


def test_errors_logs_and_metrics_keep_secrets(gateway, providers):
    providers.error(401, f"{KEY} {BROUGHT} {PERSON}")
    chat = {"model": "openai_chat/some-model", "messages": [{"role": "user", "content": f"I am a {PERSON}"}]}
    unauthorized = fetched(gateway, "/v1/chat/completions", chat, Authorization=f"Bearer {BROUGHT}")
    unknown = fetched(gateway, "/v1/generations", study(2, "nobody"), X_Upstream_Key=f"openai_chat={BROUGHT}")
    malformed = fetched(gateway, "/v1/generations", study(2, "openai_chat"), X_Upstream_Key=BROUGHT)
    unread = fetched(gateway, "/v1/generations", study(2, "openai_chat") | {"attributes": PERSON, UNIT: KEY})
    providers.error(401, f"{KEY} {BROUGHT} {PERSON}")
    failed = fetched(gateway, "/v1/generations", study(1, "anthropic", items=[COLOUR]))
    assert [status for status, _ in (unauthorized, unknown, malformed, unread, failed)] == [401, 422, 422, 422, 200]
    _, metrics = fetched(gateway, "/metrics")
    assert 'rectifier_cells_total{model="some-model"' in metrics
    log = gateway.log.read_text()
    assert log.count("/v1/generations") >= 4
    for text in (unauthorized[1], unknown[1], malformed[1], unread[1], metrics, log):
        assert all(word not in text for word in (KEY, BROUGHT, PERSON))
    assert all(word not in failed[1] for word in (KEY, BROUGHT, PERSON))
    assert all(UNIT not in text for text in (metrics, log))
