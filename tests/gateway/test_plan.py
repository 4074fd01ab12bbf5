from __future__ import annotations

from service.gateway import plan
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


def test_what_one_might_want_to_know_before_paying() -> None:
    unpriced = planned(
        models=[{"name": "x", "provider": "priced", "parameters": {"temperature": 0}}], elicitation=SAMPLE
    )
    assert unpriced.upper_bound.usd is None
    assert [w.split(":")[0].split(" ")[0] for w in unpriced.warnings] == ["no", "option_order", "with"]
    assert planned(elicitation=SAMPLE | {"option_order": "counterbalanced"}, **ASKED).warnings == []
