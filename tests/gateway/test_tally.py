from __future__ import annotations

from service.gateway.cells import Cells
from service.gateway.conduct.budget import Budget
from service.gateway.outcome import Outcome
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Completion, Usage
from service.gateway.study import Caps
from service.gateway.tally import MOST_DRIFTS, Tally
from tests.gateway.studies import prompts


def tally(price: Price | None = None, **changes) -> tuple[Tally, object]:
    made = prompts(**changes)
    return Tally(made, Budget(Caps()), 4, {"m1": price}, lambda: 0.0), Cells(made.study).at(0)


def answer(model: str, fingerprint: str | None = None, *, cached: bool = False) -> Outcome:
    completion = Completion(text="1", usage=Usage(10, 1, 2, 0), model_returned=model, fingerprint=fingerprint)
    return Outcome(completion, {}, (), 1.0, 1.0, (), cached)


def test_a_model_that_changes_under_way_is_told() -> None:
    sums, planned = tally()
    for model, fingerprint in (("a", "f"), ("a", "f"), ("b", "f"), ("b", "g"), ("a", "g")):
        sums.charge(planned, answer(model, fingerprint))
    drift = sums.end(None).drift
    assert [(d.model, d.field, d.before, d.after) for d in drift] == [
        ("m1", "model_returned", "a", "b"), ("m1", "fingerprint", "f", "g"), ("m1", "model_returned", "b", "a"),
    ]  # fmt: skip


def test_a_list_of_drifts_ends() -> None:
    sums, planned = tally()
    for k in range(3 * MOST_DRIFTS):
        sums.charge(planned, answer(f"model {k}"))
    assert len(sums.end(None).drift) == MOST_DRIFTS


def test_tokens_of_the_cache_were_counted_before() -> None:
    sums, planned = tally()
    sums.charge(planned, answer("a"))
    sums.charge(planned, answer("a", cached=True))
    assert (sums.end(None).usage.input, sums.end(None).usage.output) == (10, 2)


def test_money_is_unknown_without_a_price_and_a_cost_needs_an_answer() -> None:
    sums, _ = tally()
    end = sums.end(None)
    assert (end.cost.usd, end.cost.basis, end.costs.llm) == (None, "unknown", {"m1": None})
    sums, _ = tally(Price(1.0, 1.0, "2026-11-01"))
    end = sums.end(None)
    assert (end.cost.usd, end.cost.as_of, end.costs.llm) == (0.0, "2026-11-01", {"m1": None})
    assert not end.complete
