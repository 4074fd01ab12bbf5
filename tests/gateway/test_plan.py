from __future__ import annotations

import pytest

from service.gateway import plan
from service.gateway.cells import Cells
from service.gateway.conduct.budget import upper_bound
from service.gateway.plan import plan_of
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.registry import CODECS
from service.gateway.settings import SIMULATED
from tests.gateway.studies import CHOICE, LIKERT, crowd, prompts

PRICED = Provider("priced", "openai_chat", "https://x/", models={"m": OfferedModel("m", price=Price(1.0, 10.0, "x"))})
PROVIDERS = {"simulated": SIMULATED, "priced": PRICED}
ASKED = {"models": [{"name": "m", "provider": "priced", "parameters": {"max_output_tokens": 50}}]}
SAMPLE = {"method": "sample", "replicates": 2}


def planned(**changes):
    return plan_of(prompts(**changes), PROVIDERS, CODECS)


def test_counts_and_hashes() -> None:
    made = prompts(items=[LIKERT, CHOICE], personas=crowd(3), elicitation=SAMPLE | {"items_per_call": 2}, **ASKED)
    reply = plan_of(made, PROVIDERS, CODECS)
    assert (reply.cells, reply.calls) == (3 * 2 * 2 * 2, 3 * 2 * 2)
    assert reply.procedure_hash == made.procedure_hash
    assert reply.procedure_hashes == made.procedures


def test_prompts_are_shown_as_they_would_be_sent() -> None:
    reply = planned(elicitation={"method": "sample"}, **ASKED)
    first = reply.prompts[0]
    assert len(reply.prompts) == plan.SHOWN
    assert "I trust the sender." in first.user
    assert first.parameters_sent["max_completion_tokens"] == 50
    assert "canary" not in first.system + first.user


def test_the_bound_is_the_sum_of_what_every_call_would_hold() -> None:
    made = prompts(personas=crowd(5), elicitation={"method": "sample"}, **ASKED)
    codec = CODECS["openai_chat"]
    price = PRICED.models["m"].price
    calls = [made.render(one).call for one in Cells(made.study).in_order()]
    held = [upper_bound(call, price, codec.encode(call)) for call in calls]
    reply = plan_of(made, PROVIDERS, CODECS)
    assert reply.upper_bound.usd == pytest.approx(sum(h.nano_usd for h in held) / 1e9)
    assert reply.upper_bound.output_tokens == 50 * len(calls)
    assert reply.upper_bound.input_tokens + reply.upper_bound.output_tokens == sum(h.tokens for h in held)


@pytest.mark.parametrize("assignment", ["crossed", "assigned"])
def test_a_large_design_is_bounded_by_its_longest_persona(assignment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [p | {"arm": ("control", "treatment")[k % 3 == 0]} for k, p in enumerate(crowd(30))]
    people[7]["attributes"] = {"age": 1, "job": 'a "very" long word for a job\n'}
    changes = {"personas": people, "elicitation": SAMPLE, "assignment": assignment} | ASKED
    exact = planned(**changes).upper_bound
    monkeypatch.setattr(plan, "EXACT", 10)
    quick = planned(**changes).upper_bound
    assert exact.input_tokens <= quick.input_tokens < 1.3 * exact.input_tokens
    assert exact.usd <= quick.usd
    assert exact.output_tokens == quick.output_tokens


def test_what_one_might_want_to_know_before_paying() -> None:
    unpriced = planned(
        models=[{"name": "x", "provider": "priced", "parameters": {"temperature": 0}}], elicitation=SAMPLE
    )
    assert unpriced.upper_bound.usd is None
    assert [w.split(":")[0].split(" ")[0] for w in unpriced.warnings] == ["no", "option_order", "with"]
    assert planned(elicitation=SAMPLE | {"option_order": "counterbalanced"}, **ASKED).warnings == []
