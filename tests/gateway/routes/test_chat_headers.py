from __future__ import annotations

import pytest

from service.gateway.conduct.asking import Asked
from service.gateway.conduct.budget import Spend
from service.gateway.conduct.line import open_line
from service.gateway.providers import anthropic
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Completion, Sent
from service.gateway.routes.chat_headers import provenance
from service.gateway.upstream import Simulated

PRICED = {"m": OfferedModel("m", price=Price(1.0, 1.0, "2026-11-01"))}


def headers(completion: Completion, *, brought: bool = False, **provider) -> dict[str, str]:
    line = open_line(Provider("p", "anthropic", "https://x", **provider), "m", anthropic.CODEC, Simulated())
    asked = Asked(completion, Sent("/", b"", {}, {}), (), 0.0, 12.34, Spend(nano_usd=5))
    return provenance(line, asked, {"max_tokens": 9}, brought=brought)


def test_all_that_is_told() -> None:
    completion = Completion(missing="refused", request_id="req-1")
    assert headers(completion, key="k", models=PRICED) == {
        "X-Rectifier-Provider": "p", "X-Rectifier-Model": "m", "X-Rectifier-Attempts": "0",
        "X-Rectifier-Latency-Ms": "12.3", "X-Rectifier-Usd": "0.000000005", "X-Rectifier-Key": "operator",
        "X-Rectifier-Added": "max_tokens=9", "X-Rectifier-Missing": "refused",
        "X-Rectifier-Upstream-Request-Id": "req-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("brought", "key", "whose"), [(True, "k", "caller"), (False, "k", "operator"), (False, None, "none")]
)
def test_whose_key_it_was(brought: bool, key: str | None, whose: str) -> None:
    assert headers(Completion(text="x"), brought=brought, key=key)["X-Rectifier-Key"] == whose


def test_what_no_header_can_carry_is_left_out() -> None:
    found = headers(Completion(text="x", request_id="a\r\nb"))
    assert "X-Rectifier-Upstream-Request-Id" not in found
    assert found["X-Rectifier-Usd"] == "unknown"
