from __future__ import annotations

import hashlib

import pytest

from service.gateway.cells import Cells
from service.gateway.conduct.asking import Attempt
from service.gateway.conduct.budget import Spend
from service.gateway.outcome import Outcome, not_asked
from service.gateway.prompts import Prompts
from service.gateway.providers.offer import Price, Provider
from service.gateway.providers.protocol import Completion, Failure, Usage
from service.gateway.recording import Recorder, share_of
from tests.gateway.studies import CHOICE, LIKERT, prompts

PROVIDER = Provider("p", "openai_chat", "https://x/v1", key="sk-canary")
USAGE = Usage(21, 3, 9, 1)
PRICE = Price(1.0, 2.0, "2026-11-01")
ATTEMPTS = (Attempt(1.0, 20.0, 429, "rate_limited", "slow down", None), Attempt(1.1, 30.0, 200, None, "", "req"))
LATE = Failure("timeout", True, "upstream", "late")
BOTH = {"items": [LIKERT, CHOICE], "elicitation": {"method": "sample", "items_per_call": 2}}


def recorded(outcome: Outcome, price: Price | None = PRICE, made: Prompts | None = None, **changes) -> list:
    made = made or prompts(models=[{"name": "m1", "parameters": {"temperature": 0.5}}], **BOTH, **changes)
    recorder = Recorder(made, {"m1": PROVIDER}, {"m1": price})
    rendered = made.render(Cells(made.study).at(0))
    return list(recorder.records(rendered, outcome, recorder.answers(rendered, outcome)))


def answered(text: str, usage: Usage | None = USAGE, spent: int = 39_000, **changes) -> Outcome:
    completion = Completion(text=text, usage=usage, model_returned="m-1", fingerprint="fp", request_id="req")
    whole = {"cached": False, "spent": Spend(spent, 30, 1)} | changes
    return Outcome(completion, {"temperature": 0.5, "store": False}, ("top_k",), 1e9, 50.0, ATTEMPTS, **whole)


def test_a_record_says_where_its_answer_comes_from() -> None:
    trust, colour = recorded(answered('{"trust":3,"colour":"b"}'))
    assert (trust.value, colour.value) == (3, "b")
    found = trust.provenance
    assert (found.provider, found.endpoint) == ("p", "https://x/v1")
    assert (found.model_requested, found.model_returned, found.fingerprint) == ("simulated", "m-1", "fp")
    assert (found.parameters_requested, found.parameters_sent) == (
        {"temperature": 0.5},
        {"temperature": 0.5, "store": False},
    )
    assert found.parameters_dropped == ["top_k"]
    assert (found.attempts, [(t.status, t.reason) for t in found.tries]) == (2, [(429, "rate_limited"), (200, None)])
    assert (found.started, found.latency_ms, found.cached) == ("2001-09-09T01:46:40.000Z", 50.0, False)
    assert found.option_order == [1, 2, 3]
    assert colour.provenance.option_order == ["r", "b", "g"]
    assert trust.raw.sha256 == hashlib.sha256(trust.raw.text.encode()).hexdigest()
    assert "canary" not in repr(trust).replace("unit-canary-17", "")


def test_a_call_is_paid_by_its_cells() -> None:
    trust, colour = recorded(answered('{"trust":3,"colour":"b"}'))
    assert [(c.usage.input, c.usage.cached_input, c.usage.output, c.usage.reasoning) for c in (trust, colour)] == [
        (11, 2, 5, 1), (10, 1, 4, 0),
    ]  # fmt: skip
    assert trust.cost.usd + colour.cost.usd == pytest.approx(39_000e-9)
    assert (trust.cost.basis, trust.cost.as_of) == ("table", "2026-11-01")


@pytest.mark.parametrize(
    ("outcome", "price", "basis", "usd"),
    [
        (answered("{}"), None, "unknown", None),
        (answered("{}", usage=None, spent=2000), PRICE, "reserved", 1e-6),
        (answered("{}", spent=136_000), PRICE, "reserved", 68e-6),  # an attempt before it may have cost all it could
        (Outcome(LATE, {}, (), 1.0, 1.0, (), spent=Spend(2000, 10, 1)), PRICE, "reserved", 1e-6),
        (answered("{}", cached=True), PRICE, "cache", 0.0),
        (not_asked(Failure("deadline", False, "caller", "late")), PRICE, "table", 0.0),
    ],
)
def test_costs_say_what_they_rest_on(outcome, price, basis, usd) -> None:
    record = recorded(outcome, price)[0]
    assert (record.cost.basis, record.cost.usd) == (basis, usd)


def test_a_failure_makes_every_cell_of_its_call_missing() -> None:
    records = recorded(not_asked(Failure("circuit_open", False, "upstream", "left alone")))
    assert [(r.status, r.missing, r.value, r.raw.text) for r in records] == [
        ("missing", "circuit_open", None, None)
    ] * 2
    assert records[0].provenance.started is None


def test_withheld_parameters_are_recorded_as_dropped() -> None:
    made = prompts(models=[{"name": "m1", "parameters": {"temperature": 0.5}}], **BOTH)
    made = Prompts(made.study, made.places, {"m1": frozenset({"temperature"})})
    assert recorded(answered("{}"), made=made)[0].provenance.parameters_dropped == ["temperature", "top_k"]


def test_shares_add_up() -> None:
    parts = [share_of(Usage(10, 5, 3, 1), place, 4) for place in range(4)]
    assert [sum(getattr(p, n) for p in parts) for n in ("input", "cached_input", "output", "reasoning")] == [
        10,
        5,
        3,
        1,
    ]
    assert share_of(None, 0, 1).input == 0


def test_tokens_of_the_cache_were_used_before() -> None:
    trust, colour = recorded(answered('{"trust":3,"colour":"b"}', cached=True))
    assert trust.usage == colour.usage == share_of(None, 0, 1)


def test_what_a_call_cost_is_shared_by_the_cells_that_are_given() -> None:
    done = recorded(answered("{}"))[0].cell_id
    trust, colour = recorded(answered('{"trust":3,"colour":"b"}'), resume={"done": [done]})
    assert (trust.usage.input, trust.cost.usd) == (0, 0.0)
    assert (colour.usage.input, colour.usage.output, colour.cost.usd) == (21, 9, pytest.approx(39_000e-9))
