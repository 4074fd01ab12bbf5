from __future__ import annotations

from service.gateway.providers.offer import OfferedModel, Price, Provider
from tests.gateway.studies import gateway
from tests.web.asgi import ask

MODEL = OfferedModel("small", frozenset({"sample"}), frozenset({"seed"}), Price(0.25, 2.0, "2026-11-01", 0.025))
PROVIDERS = {
    "openai": Provider(
        "openai", "openai_chat", "https://secret-host/v1", key="sk-canary", models={"small": MODEL}, any_model=False
    ),
    "claude": Provider("claude", "anthropic", "https://y"),
}


def test_what_is_configured_is_listed_without_keys_and_places() -> None:
    answer = ask(gateway(providers=PROVIDERS).asgi, "GET", "/v1/providers")
    openai, claude = answer.json["providers"]
    assert (openai["name"], openai["codec"], openai["key_configured"], openai["any_model"]) == (
        "openai", "openai_chat", True, False,
    )  # fmt: skip
    assert openai["methods"] == ["logprob", "sample", "verbalized"]
    (small,) = openai["models"]
    assert small["methods"] == ["sample"]
    assert "seed" not in small["parameters"]
    assert small["price"] == {"input": 0.25, "cached_input": 0.025, "output": 2.0, "as_of": "2026-11-01"}
    assert (claude["key_configured"], claude["models"]) == (False, [])
    assert b"canary" not in answer.body
    assert b"secret-host" not in answer.body
