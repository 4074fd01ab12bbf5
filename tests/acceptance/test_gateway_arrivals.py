"""What arrives upstream is what the records say, request by request, on every wire, whatever goes wrong on the way.

A relay between the gateway and aimock has the bytes as they were; aimock's journal has, but for OpenAI's chat, what
aimock makes of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict

import pytest

from tests.acceptance.aimock import WIRES, AIMock
from tests.acceptance.generating import COLOUR, TRUST, cells, generate, places, planned, study
from tests.acceptance.relay import relaying
from tests.acceptance.wires import BY_NAME, wire_of

QUICK = {"RECTIFIER_RETRY_BASE_SECONDS": "0.01", "RECTIFIER_CACHE": "off"}
PARAMETERS = {
    "temperature": 0.5,
    "top_p": 0.75,
    "top_k": 9,
    "max_output_tokens": 77,
    "seed": 11,
    "stop": ["END"],
    "frequency_penalty": 0.25,
    "presence_penalty": 0.125,
    "reasoning_effort": "low",
    "service_tier": "default",
}
DROPPED = {
    "openai_chat": {"top_k"},
    "openai_responses": {"top_k", "seed", "stop", "frequency_penalty", "presence_penalty"},
    "anthropic": {"temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"},
    "gemini": set(),
    "bedrock_converse": {"seed", "frequency_penalty", "presence_penalty", "reasoning_effort"},
}
TROUBLES = [
    {},
    {"dropRate": 0.2},
    {"malformedRate": 0.1},
    {"disconnectRate": 0.1},
    {"rateLimitRate": 0.1},
    {"dropRate": 0.1, "malformedRate": 0.1, "disconnectRate": 0.1, "rateLimitRate": 0.02},
]


@pytest.fixture(scope="module")
def relay(providers):
    with relaying(int(providers.address.rpartition(":")[2])) as between:
        yield between


@pytest.fixture(scope="module")
def gateway(gateways, relay, tmp_path_factory):
    key = tmp_path_factory.mktemp("keys") / "key"
    key.write_text("sk-canary-of-the-operator-0123")
    return gateways(AIMock(relay.address).offered(*WIRES, key_file=str(key)), **QUICK)


@pytest.fixture(autouse=True)
def calm(providers, relay):
    providers.forget()
    relay.forget()
    yield
    providers.forget()


def on_every_wire(count, model, parameters=PARAMETERS):
    models = [
        {"name": w, "provider": w, "model": model, "parameters": parameters, "on_unsupported": "drop"} for w in WIRES
    ]
    return study(count, *models, items=[TRUST, COLOUR])


def prompt_sha256(system, user):
    """The digest that a record has of a prompt: its texts, and the item's name, type, text, options and bounds."""
    (item,) = (item for item in (TRUST, COLOUR) if item["text"] in user)
    options = [[option["code"], option["label"]] for option in item["options"]]
    whole = [system, user, [[item["name"], item["type"], item["text"], options, None, None, False, "none"]]]
    return "sha256:" + hashlib.sha256(json.dumps(whole, separators=(",", ":")).encode()).hexdigest()


def by_cell(arrived):
    """The requests by wire and prompt."""
    found = defaultdict(list)
    for request in arrived:
        name = wire_of(request.path)
        found[name, prompt_sha256(*BY_NAME[name].prompt(request.body))].append(request)
    return found


def check_arrivals(records, arrived, model):
    """Every cell was asked for as often as its record says, and each time with exactly the parameters it says."""
    came = by_cell(arrived)
    for cell in cells(records):
        told = cell["provenance"]
        requests = came.pop((cell["model"], told["prompt_sha256"]), [])
        assert len(requests) == told["attempts"] == len(told["tries"])
        wire = BY_NAME[cell["model"]]
        for request in requests:
            assert (request.method, request.headers) == ("POST", wire.headers)
            assert wire.model(request) == told["model_requested"] == model
            assert wire.parameters(request.body) == told["parameters_sent"]
            assert cell["item"] in json.dumps(wire.constraint(request.body))
    assert came == {}


def check_journal(journal, arrived):
    """aimock wrote down the same requests, as far as it keeps them."""
    expected = [(request.path, BY_NAME[wire_of(request.path)].journaled(request)) for request in arrived]
    written = [(entry["path"], entry["body"]) for entry in journal]
    assert Counter(map(plain, written)) == Counter(map(plain, expected))


def plain(entry):
    """An entry to compare, without what aimock adds of its own."""
    path, body = entry
    added = {"_endpointType": "chat", "stream": False}
    body = {name: value for name, value in body.items() if name not in added or value != added[name]}
    return json.dumps([path, body], sort_keys=True)


def check(records, providers, relay, body):
    """The records, what arrived and what aimock wrote down are of the same requests; the number of requests."""
    arrived, journal = relay.arrived(), providers.journal()
    assert places(records) == planned(body)
    attempts = sum(cell["provenance"]["attempts"] for cell in cells(records))
    assert len(arrived) == len(journal) == attempts
    check_arrivals(records, arrived, body["models"][0]["model"])
    check_journal(journal, arrived)
    return attempts


@pytest.mark.parametrize("trouble", TROUBLES, ids=" ".join)
def test_what_arrives_is_what_the_records_say(gateway, providers, relay, trouble):
    body = on_every_wire(6, f"asked-in-{'-'.join(trouble) or 'peace'}")  # a breaker that opens is of one model
    if trouble:
        providers.chaos(**trouble)
    attempts = check(generate(gateway, body), providers, relay, body)
    assert attempts > 120 if trouble else attempts == 120


def test_what_was_requested_arrives_or_is_dropped_on_record(gateway, providers, relay):
    body = on_every_wire(2, "some-model")
    records = generate(gateway, body)
    assert check(records, providers, relay, body) == 40
    for cell in cells(records):
        assert set(cell["provenance"]["parameters_dropped"]) == DROPPED[cell["model"]]
    for entry in providers.journal():
        name, asked = wire_of(entry["path"]), entry["body"]
        assert asked["max_completion_tokens" if name == "openai_chat" else "max_tokens"] == 77
        assert asked.get("temperature", "none") == ("none" if "temperature" in DROPPED[name] else 0.5)


def test_nothing_requested_is_still_a_bound_on_the_output_and_on_record(gateway, providers, relay):
    body = on_every_wire(2, "some-model", {})
    assert check(generate(gateway, body), providers, relay, body) == 40
    for request in relay.arrived():
        assert BY_NAME[wire_of(request.path)].parameters(request.body) != {}


@pytest.mark.parametrize("wire", WIRES)
def test_an_overloaded_providers_second_request_is_the_first_again(gateway, providers, relay, wire):
    body = study(3, {"name": wire, "provider": wire, "model": "m", "parameters": PARAMETERS, "on_unsupported": "drop"})
    providers.error(529, "overloaded_error")
    records = generate(gateway, body)
    assert check(records, providers, relay, body) == 7
    again = [requests for requests in by_cell(relay.arrived()).values() if len(requests) > 1]
    assert [len(set(requests)) for requests in again] == [1]
