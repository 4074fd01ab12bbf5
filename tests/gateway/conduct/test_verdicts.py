from __future__ import annotations

from dataclasses import replace

import pytest

from service.gateway.conduct.breaker import Breaker
from service.gateway.conduct.budget import NOTHING, Spend
from service.gateway.conduct.verdicts import UNSENT, ended, spent, unanswered, verdict
from service.gateway.conduct.window import Ended
from service.gateway.providers.protocol import Received
from tests.gateway.conduct.scripted import ANSWER, BROKEN, LIMITED, PRICE, WRONG, Clock, dropped

UPPER = Spend(1_000_000, 1000, 1)


def response(status: int) -> Received:
    return Received(status, {"x": "y"}, b"")


@pytest.mark.parametrize("kind", ["timeout", "connection", "protocol", "redirect", "too_large", "refused_address"])
def test_no_response_costs_what_it_may_have_and_only_a_late_timeout_is_the_deadlines(kind: str) -> None:
    failure, cost = unanswered(dropped(kind), UPPER, late=True)
    assert (failure == UNSENT["deadline"]) == (kind == "timeout")
    assert cost == UPPER
    failure, cost = unanswered(dropped(kind, dispatched=False), UPPER, late=False)
    assert (failure.missing in {"timeout", "upstream_error"}, failure.by, cost) == (True, "upstream", NOTHING)


def test_a_response_costs_its_usage_its_bound_or_a_call() -> None:
    assert spent(ANSWER, response(200), UPPER, PRICE) == Spend(30_000, 12, 1)
    assert spent(replace(ANSWER, usage=None), response(200), UPPER, PRICE) == UPPER
    assert [spent(BROKEN, response(status), UPPER, PRICE) for status in (200, 500, 409, 499)] == [
        UPPER, UPPER, Spend(calls=1), Spend(calls=1)
    ]  # fmt: skip
    assert spent(LIMITED, response(200), UPPER, PRICE) == spent(WRONG, response(400), UPPER, PRICE) == Spend(calls=1)


def test_what_the_window_learns() -> None:
    assert ended(ANSWER, response(200)) == Ended("success", {"x": "y"}, 12)
    assert ended(replace(LIMITED, retry_after=3.0), response(429)) == Ended("congested", {"x": "y"}, 0, 3.0)
    assert ended(replace(BROKEN, retry_after=3.0), None) == Ended("neutral", None, 0, 0.0)
    assert ended(replace(BROKEN, missing="timeout"), None).outcome == "congested"


@pytest.mark.parametrize(
    ("result", "status", "told"),
    [
        (ANSWER, 200, "succeeded"),
        (LIMITED, 429, "succeeded"),
        (WRONG, 400, "succeeded"),
        (BROKEN, 409, "succeeded"),
        (BROKEN, 500, "failed"),
        (BROKEN, 200, "failed"),
        (BROKEN, None, "failed"),
        (UNSENT["deadline"], None, "left"),
        (unanswered(dropped("refused_address"), UPPER, late=False)[0], None, "left"),
    ],
)
def test_what_the_breaker_is_told(result, status, told: str) -> None:
    breaker = Breaker(Clock())
    received = None if status is None else response(status)
    assert verdict(breaker, result, received) == getattr(breaker, told)
