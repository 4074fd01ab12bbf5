from __future__ import annotations

import asyncio
import itertools

import pytest

from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import NOTHING, Budget, Spend
from service.gateway.conduct.window import Ended
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Completion, Failure
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import (
    ANSWER,
    BODY,
    CALL,
    KEY,
    LIMITED,
    WRONG,
    ScriptedCodec,
    Told,
    dropped,
    scripted_line,
)

UPPER = Spend(len(BODY) * 1000 + 100 * 10_000, len(BODY) + 100, 1)
ACTUAL = Spend(10 * 1000 + 2 * 10_000, 12, 1)


def asked(line, budget=None, deadline=None, **options):
    budget = budget or Budget(Caps())
    answer = asyncio.run(asyncio.wait_for(ask(line, CALL, budget, deadline, **options), 10))
    assert budget.held == NOTHING
    assert budget.spent == answer.spent
    assert (line.window.in_flight, line.window.waiting) == (0, 0)
    return answer


def reasons(answer):
    return [attempt.missing for attempt in answer.attempts]


def test_an_answer_comes_with_what_it_cost():
    line = scripted_line([200])
    answer = asked(line)
    assert answer.result is ANSWER
    assert answer.spent == ACTUAL
    assert answer.sent == line.codec.encode(CALL)
    assert (answer.started, answer.latency_ms) == (5.0, 0.0)
    (attempt,) = answer.attempts
    assert (attempt.started, attempt.status, attempt.missing, attempt.detail) == (5.0, 200, None, "")
    assert line.transport.secrets == [{"Authorization": f"Bearer {KEY}"}]
    assert line.transport.timeouts == [60.0]


def test_a_callers_key_stands_in_for_the_operators():
    line = scripted_line([200])
    asked(line, key="theirs")
    assert line.transport.secrets == [{"Authorization": "Bearer theirs"}]


def test_without_a_key_none_is_sent():
    line = scripted_line([200], provider=Provider("p", "scripted", "https://p.example"))
    answer = asked(line)
    assert line.transport.secrets == [{}]
    assert answer.spent == Spend(0, 12, 1)  # no price, no money


def test_an_answer_without_a_usage_is_charged_all_it_may_have_cost():
    assert asked(scripted_line([201])).spent == UPPER


def test_what_may_pass_is_tried_again_and_every_attempt_is_on_record():
    told = Told()
    line = scripted_line([429, 500, dropped(), 200], observer=told)
    answer = asked(line)
    assert answer.result is ANSWER
    assert reasons(answer) == ["rate_limited", "upstream_error", "upstream_error", None]
    assert [attempt.status for attempt in answer.attempts] == [429, 500, None, 200]
    assert answer.latency_ms == pytest.approx((0.25 + 0.5 + 1.0) * 1000)
    assert told.named("retry_seconds") == [0.25, 0.5, 1.0]
    assert [reason for *_, reason in told.events if reason] == ["rate_limited", "upstream_error", "upstream_error"]
    assert told.named("usd") == [0.0, UPPER.usd, UPPER.usd, ACTUAL.usd]
    assert answer.spent == Spend(0, 0, 1) + UPPER + UPPER + ACTUAL
    assert {(provider, model) for provider, model, *_ in told.events} == {("p", "m")}


def test_five_attempts_are_all():
    answer = asked(scripted_line(itertools.repeat(429)))
    assert answer.result == LIMITED
    assert reasons(answer) == ["rate_limited"] * 5
    assert answer.spent == Spend(calls=5)


@pytest.mark.parametrize(
    "result",
    [WRONG, Completion(text="", missing="refused"), Completion(text="x", missing="truncated"), Completion(text="?")],
)
def test_answers_refusals_and_the_callers_mistakes_stand(result):
    line = scripted_line([200, AssertionError("a second attempt")])
    object.__setattr__(line, "codec", ScriptedCodec({200: result}))
    answer = asked(line)
    assert answer.result is result
    assert len(answer.attempts) == 1


@pytest.mark.parametrize(
    ("kind", "missing", "attempts"),
    [
        ("timeout", "timeout", 5),
        ("connection", "upstream_error", 5),
        ("protocol", "upstream_error", 5),
        ("redirect", "upstream_error", 1),
        ("too_large", "upstream_error", 1),
        ("refused_address", "upstream_error", 1),
    ],
)
@pytest.mark.parametrize("dispatched", [True, False])
def test_no_response_is_charged_if_the_provider_may_have_seen_the_request(kind, missing, attempts, dispatched):
    answer = asked(scripted_line(dropped(kind, dispatched) for _ in itertools.count()))
    assert reasons(answer) == [missing] * attempts
    assert answer.result.missing == missing
    assert answer.spent == (sum([UPPER] * attempts, NOTHING) if dispatched else NOTHING)


@pytest.mark.parametrize(
    ("failure", "charged"),
    [
        (Failure("upstream_error", False, "upstream", ""), UPPER),
        (Failure("timeout", False, "upstream", ""), UPPER),
        (Failure("upstream_error", False, "overloaded", ""), Spend(calls=1)),
        (Failure("rate_limited", False, "upstream", ""), Spend(calls=1)),
        (Failure("auth_failed", False, "caller", ""), Spend(calls=1)),
    ],
)
def test_a_status_that_is_not_billed_costs_a_call_and_no_more(failure, charged):
    line = scripted_line([200])
    object.__setattr__(line, "codec", ScriptedCodec({200: failure}))
    assert asked(line).spent == charged


def test_what_does_not_fit_the_budget_is_not_sent():
    line = scripted_line([])
    answer = asked(line, Budget(Caps(usd=(UPPER.nano_usd - 1) / 1e9)))
    assert answer.result.missing == "budget_exhausted"
    assert answer.attempts == ()


def test_a_retry_that_does_not_fit_the_budget_is_not_sent():
    answer = asked(scripted_line([500, 500]), Budget(Caps(calls=2)))
    assert answer.result.missing == "budget_exhausted"
    assert reasons(answer) == ["upstream_error", "upstream_error"]


def test_a_deadline_that_has_passed_sends_nothing():
    line = scripted_line([])
    answer = asked(line, deadline=line.clock())
    assert answer.result.missing == "deadline"
    assert answer.attempts == ()


@pytest.mark.parametrize(
    "failure", [Failure("upstream_error", False, "upstream", ""), Failure("timeout", False, "upstream", "")]
)
@pytest.mark.parametrize("status", [408, 409, 424, 451])
def test_what_a_provider_turns_down_costs_a_call_and_no_more(status, failure):
    line = scripted_line([status])
    object.__setattr__(line, "codec", ScriptedCodec({status: failure}))
    assert asked(line).spent == Spend(calls=1)


def timing_out(line, seconds, dispatched=True):
    """A step that times out after so many seconds of the line's clock."""

    async def step():
        line.clock.now += seconds
        raise dropped("timeout", dispatched)

    return step


def test_the_deadline_bounds_the_patience_and_a_timeout_by_it_is_the_deadlines():
    line = scripted_line(())
    line.transport.script = iter([timing_out(line, 7)])
    answer = asked(line, deadline=line.clock() + 7)
    assert line.transport.timeouts == [7]
    assert answer.result.missing == "deadline"
    assert reasons(answer) == ["deadline"]
    assert answer.spent == UPPER
    assert line.window.size == 8  # no sign of congestion


def test_a_connection_that_is_not_made_in_time_is_the_providers_although_the_deadline_is_near():
    line = scripted_line(())
    line.transport.script = iter([timing_out(line, 10, dispatched=False), 200])
    answer = asked(line, deadline=line.clock() + 50)
    assert line.transport.timeouts[0] == 50
    assert answer.result is ANSWER
    assert reasons(answer) == ["timeout", None]


def test_no_retry_is_waited_for_beyond_the_deadline():
    line = scripted_line([500])
    answer = asked(line, deadline=line.clock() + 0.2)
    assert answer.result.missing == "deadline"
    assert reasons(answer) == ["upstream_error"]
    assert line.clock() == 1000.0


def test_the_deadline_ends_the_wait_for_a_place():
    async def story():
        line = scripted_line([])
        budget = Budget(Caps())
        for _ in range(8):
            await line.window.acquire()
        answer = await ask(line, CALL, budget, line.clock() + 0.02)
        assert answer.result.missing == "deadline"
        assert (answer.attempts, answer.spent, budget.held) == ((), NOTHING, NOTHING)
        assert (line.window.in_flight, line.window.waiting) == (8, 0)

    asyncio.run(story())


def test_the_deadline_ends_the_wait_for_the_budget():
    async def story():
        line = scripted_line([])
        budget = Budget(Caps(calls=1))
        assert budget.reserve(Spend(calls=1))
        answer = await ask(line, CALL, budget, line.clock() + 0.02)
        assert answer.result.missing == "deadline"
        assert budget.held == Spend(calls=1)

    asyncio.run(story())


def test_a_deadline_that_passed_while_waiting_for_a_place_sends_nothing():
    async def story():
        line = scripted_line([])
        places = [await line.window.acquire() for _ in range(8)]
        asking = asyncio.create_task(ask(line, CALL, Budget(Caps()), line.clock() + 5))
        await asyncio.sleep(0)
        line.clock.now += 5
        for place in places:
            line.window.release(place, Ended("neutral"))
        assert (await asking).result.missing == "deadline"
        assert line.window.in_flight == 0

    asyncio.run(story())
