from __future__ import annotations

import msgspec
import pytest

from service.gateway.cells import Cells
from service.gateway.conduct.budget import Budget, Spend
from service.gateway.outcome import Outcome, not_asked
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Completion, Failure, Usage
from service.gateway.recording import Recorder
from service.gateway.settings import SIMULATED
from service.gateway.study import Caps
from service.gateway.tally import MOST_DRIFTS, Tally
from tests.gateway.studies import prompts

PRICE = Price(1.0, 2.0, "2026-11-01")


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
    assert (end.cost.usd, end.cost.basis, end.costs.llm) == (None, "unknown", {})
    sums, _ = tally(Price(1.0, 1.0, "2026-11-01"))
    end = sums.end(None)
    assert (end.cost.usd, end.cost.as_of, end.costs.llm) == (0.0, "2026-11-01", {})
    assert not end.complete


def given(sums: Tally, planned, text: str, **changes) -> None:
    """Charge and count the cell of one call."""
    recorder = Recorder(sums._prompts, {"m1": SIMULATED}, {"m1": PRICE})
    outcome = msgspec.structs.replace(answer("a"), result=Completion(text=text, usage=Usage(10, 0, 2)), **changes)
    rendered = sums._prompts.render(planned)
    sums.charge(planned, outcome)
    for record in recorder.records(rendered, outcome, recorder.answers(rendered, outcome)):
        sums.count(record)


def test_a_cost_is_of_what_was_asked_for_now() -> None:
    sums, planned = tally(PRICE, elicitation={"method": "sample"})
    given(sums, planned, '{"trust":1}', cached=True)
    assert sums.end(None).costs.llm == {}
    given(sums, planned, '{"trust":1}', spent=Spend(14_000, 12, 1))
    given(sums, planned, '{"trust":9}', spent=Spend(14_000, 12, 1))
    end = sums.end(None)
    assert (end.costs.llm, end.cost.basis) == ({"m1": pytest.approx(28e-6)}, "table")
    given(sums, planned, '{"trust":1}', spent=Spend(50_000, 12, 2))
    assert sums.end(None).cost.basis == "reserved"


def test_what_another_run_could_answer_remains() -> None:
    for reason, remaining in (("auth_failed", 4), ("cancelled", 4), ("refused", 3)):
        sums, planned = tally(PRICE)
        sums.count(next(iter(recorded(sums, planned, reason))))
        end = sums.end(None)
        assert (end.complete, end.resume.remaining) == (False, remaining)  # one of four is told, three are not
    sums, planned = tally(PRICE)
    sums.skip(4)
    assert (sums.end(None).complete, sums.end(None).resume.remaining) == (True, 0)


def recorded(sums: Tally, planned, reason: str):
    recorder = Recorder(sums._prompts, {"m1": SIMULATED}, {"m1": PRICE})
    outcome = not_asked(Failure(reason, False, "caller", "so"))
    rendered = sums._prompts.render(planned)
    return recorder.records(rendered, outcome, recorder.answers(rendered, outcome))
