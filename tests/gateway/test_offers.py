from __future__ import annotations

import pytest

from service.gateway.offers import offered, price_of, problems_of
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.registry import CODECS
from tests.gateway.studies import CHOICE, LIKERT, study

PRICE = Price(1.0, 2.0, "2026-11-01")
PROVIDERS = {
    "simulated": Provider("simulated", "simulated", "http://x/", local=True),
    "listed": Provider(
        "listed",
        "openai_chat",
        "https://x/",
        models={"cheap": OfferedModel("cheap", frozenset({"sample"}), frozenset({"temperature"}), PRICE)},
        any_model=False,
    ),
    "open": Provider("open", "anthropic", "https://y/"),
    "google": Provider("google", "gemini", "https://z/"),
}


def found(model: dict, **changes) -> list[tuple[str, str]]:
    problems = problems_of(study(models=[{"name": "m"} | model], **changes), PROVIDERS, CODECS)
    assert all(p.detail and p.hint for p in problems)
    return [(p.pointer, p.code) for p in problems]


SAMPLE = {"elicitation": {"method": "sample"}}


def test_what_is_offered_passes() -> None:
    assert found({}) == []
    assert found({"provider": "listed", "model": "cheap"}, **SAMPLE, limits={"usd": 1}) == []
    assert found({"provider": "open", "model": "whatever"}, **SAMPLE) == []


@pytest.mark.parametrize(
    ("model", "changes", "expected"),
    [
        ({"provider": "none"}, {}, ("/models/0/provider", "unknown_provider")),
        ({"provider": "listed", "model": "dear"}, SAMPLE, ("/models/0/model", "unknown_model")),
        ({"provider": "open"}, {}, ("/models/0", "unsupported_method")),
        ({"provider": "listed", "model": "cheap"}, {"elicitation": {"method": "logprob"}},
         ("/models/0", "unsupported_method")),
        ({"provider": "open"}, SAMPLE | {"limits": {"usd": 1}}, ("/limits/usd", "price_unknown")),
        ({"provider": "listed", "model": "cheap", "parameters": {"temperature": 0}}, SAMPLE,
         ("/models/0/parameters/temperature", "unsupported_parameter")),
        ({"provider": "open", "parameters": {"seed": 1}}, SAMPLE,
         ("/models/0/parameters/seed", "unsupported_parameter")),
        ({"provider": "open", "parameters": {"simulated": {"noise": 1}}}, SAMPLE,
         ("/models/0/parameters/simulated/noise", "unsupported_parameter")),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_named(model, changes, expected) -> None:
    assert found(model, **changes) == [expected]


def test_dropping_is_a_choice() -> None:
    model = {"provider": "open", "parameters": {"seed": 1}, "on_unsupported": "drop"}
    assert found(model, **SAMPLE) == []


@pytest.mark.parametrize(("provider", "refused"), [("open", {"none", "minimal"}), ("google", {"none", "xhigh", "max"})])
@pytest.mark.parametrize("choice", ["error", "drop"])
def test_efforts_that_a_wire_does_not_know_are_named(provider: str, refused: set[str], choice: str) -> None:
    for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max"):
        model = {"provider": provider, "parameters": {"reasoning_effort": effort}, "on_unsupported": choice}
        expected = [("/models/0/parameters/reasoning_effort", "unsupported_parameter")] if effort in refused else []
        assert found(model, **SAMPLE) == expected


def test_items_that_must_be_asked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    codec = CODECS["simulated"]
    alone = replace(codec, capabilities=replace(codec.capabilities, several_items=False))
    asked = study(items=[LIKERT, CHOICE], elicitation={"method": "sample", "items_per_call": 2})
    problems = problems_of(asked, PROVIDERS, {**CODECS, "simulated": alone})
    assert [(p.pointer, p.code) for p in problems] == [("/elicitation/items_per_call", "unsupported_method")]


def test_models_and_prices() -> None:
    assert offered(PROVIDERS["listed"], "dear") is None
    assert offered(PROVIDERS["open"], "x") == OfferedModel("x")
    assert price_of(PROVIDERS["listed"], "cheap") == PRICE
    assert price_of(PROVIDERS["listed"], "dear") is None
    assert price_of(PROVIDERS["open"], "x") is None
