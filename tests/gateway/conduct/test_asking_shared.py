from __future__ import annotations

import asyncio
import dataclasses
import itertools
import random
import sys
import time

import pytest

from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import NOTHING, Budget
from service.gateway.conduct.line import open_line
from service.gateway.conduct.patience import Patience
from service.gateway.conduct.retry import Policy
from service.gateway.conduct.window import Ended
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Failure, Received
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import (
    ANSWER,
    BROKEN,
    CALL,
    KEY,
    MEANINGS,
    ScriptedCodec,
    ScriptedTransport,
    Told,
    dropped,
    scripted_line,
)
from tests.gateway.conduct.test_asking import UPPER, asked, reasons, timing_out


def test_eight_failures_open_the_circuit_and_a_probe_closes_it():
    script = itertools.chain([500] * 8, [200, 200])
    line = scripted_line(script, policy=Policy(attempts=1))
    for _ in range(8):
        assert asked(line).result == BROKEN
    answer = asked(line)
    assert answer.result.missing == "circuit_open"
    assert (answer.attempts, answer.spent) == ((), NOTHING)
    line.clock.now += 15
    assert asked(line).result is ANSWER
    assert line.breaker.state == "closed"


def test_the_circuit_that_opens_while_one_waits_for_a_place_is_respected():
    async def story():
        line = scripted_line([])
        places = [await line.window.acquire() for _ in range(8)]
        asking = asyncio.create_task(ask(line, CALL, Budget(Caps())))
        await asyncio.sleep(0)
        for _ in range(8):
            line.breaker.failed(line.breaker.admit())
        for place in places:
            line.window.release(place, Ended("neutral"))
        assert (await asking).result.missing == "circuit_open"
        assert line.window.in_flight == 0

    asyncio.run(story())


def test_a_retry_finds_the_circuit_open():
    line = scripted_line([500] * 10)
    for _ in range(5):
        line.breaker.failed(line.breaker.admit())
    answer = asked(line)
    assert answer.result.missing == "circuit_open"
    assert reasons(answer) == ["upstream_error"] * 3


PATIENT = Patience(60.0)


def outage(line, times=8):
    for _ in range(times):
        line.breaker.failed(line.breaker.admit())


def sleeping_together(line):
    """The line with a sleep in which those who sleep at the same time do not add up."""

    async def sleep(seconds):
        until = line.clock.now + seconds
        await asyncio.sleep(0)
        line.clock.now = max(line.clock.now, until)

    return dataclasses.replace(line, sleep=sleep)


def test_calls_that_meet_an_outage_wherever_they_are_wait_for_its_end():
    line = sleeping_together(scripted_line(itertools.chain([500] * 10, itertools.repeat(200))))
    budget = Budget(Caps())

    async def crowd():
        return await asyncio.gather(*(ask(line, CALL, budget, patience=PATIENT) for _ in range(100)))

    answers = asyncio.run(asyncio.wait_for(crowd(), 10))
    assert [answer.result for answer in answers] == [ANSWER] * 100
    assert sum(len(answer.attempts) for answer in answers) == 110
    assert (budget.held, line.window.in_flight, line.window.waiting) == (NOTHING, 0, 0)


def test_who_waits_for_the_end_of_an_outage_holds_neither_budget_nor_a_place():
    async def story():
        line, budget = scripted_line([200]), Budget(Caps(calls=1))
        outage(line)
        held = []

        async def sleep(seconds):
            held.append((seconds, budget.held, line.window.in_flight))
            line.clock.now += seconds

        asked = await ask(dataclasses.replace(line, sleep=sleep), CALL, budget, patience=PATIENT)
        assert asked.result is ANSWER
        assert held == [(15.0, NOTHING, 0)]

    asyncio.run(story())


def test_an_outage_that_begins_while_one_waits_for_a_place_is_waited_for():
    async def story():
        line = scripted_line([200])
        places = [await line.window.acquire() for _ in range(8)]
        asking = asyncio.create_task(ask(line, CALL, Budget(Caps()), patience=PATIENT))
        await asyncio.sleep(0)
        outage(line)
        for place in places:
            line.window.release(place, Ended("neutral"))
        assert (await asking).result is ANSWER
        assert line.clock() == 1015.0

    asyncio.run(story())


def test_an_outage_that_goes_on_is_waited_for_once_by_all_calls():
    line = scripted_line(itertools.repeat(500))
    outage(line)
    answers, clocks = [], []
    for _ in range(3):
        answers.append(asked(line, patience=PATIENT))
        clocks.append(line.clock())
    assert [answer.result.missing for answer in answers] == ["circuit_open"] * 3
    assert clocks[0] == clocks[1] == clocks[2] >= 1060
    line.clock.now += 15  # a probe may go
    assert reasons(asked(line, patience=Patience(60.0, since=line.clock()))) == ["upstream_error"] * 5  # another run's


def test_a_probe_that_is_under_way_is_waited_for():
    async def story():
        line = scripted_line([never, 200])
        outage(line)
        line.clock.now += 15
        probe = asyncio.create_task(ask(line, CALL, Budget(Caps())))
        await asyncio.sleep(0.001)
        asking = asyncio.create_task(ask(line, CALL, Budget(Caps()), patience=PATIENT))
        await asyncio.sleep(0)
        assert line.breaker.refuses
        probe.cancel()
        assert (await asking).result is ANSWER

    asyncio.run(story())


def test_the_deadline_ends_the_wait_for_the_end_of_an_outage():
    line = scripted_line([])
    outage(line)
    answer = asked(line, deadline=line.clock() + 7, patience=PATIENT)
    assert (answer.result.missing, line.clock()) == ("deadline", 1007.0)


@pytest.mark.parametrize(
    "steps",
    [[429] * 9, [400] * 9, [dropped("refused_address", dispatched=False)] * 9],
    ids=["limited", "wrong", "refused address"],
)
def test_a_provider_that_answers_is_not_left_alone(steps):
    line = scripted_line(steps, policy=Policy(attempts=1))
    for _ in steps:
        asked(line)
    assert line.breaker.state == "closed"


@pytest.mark.parametrize("missing", ["upstream_error", "timeout"])
def test_a_provider_that_turns_a_request_down_is_there(missing):
    line = scripted_line([409] * 9, policy=Policy(attempts=1))
    object.__setattr__(line, "codec", ScriptedCodec({409: Failure(missing, True, "upstream", "")}))
    for _ in range(9):
        asked(line)
    assert line.breaker.state == "closed"


def test_an_address_that_is_refused_says_nothing_of_the_provider_and_is_not_the_callers_fault():
    line = scripted_line([dropped("refused_address", dispatched=False), 500], policy=Policy(attempts=1))
    outage(line, 7)
    assert asked(line).result.by == "upstream"
    assert line.breaker.state == "closed"  # not an eighth failure
    asked(line)
    assert line.breaker.state == "open"  # and not a success


def test_a_deadline_says_nothing_of_the_provider():
    line = scripted_line((), policy=Policy(attempts=1))
    line.transport.script = iter([timing_out(line, 1), 500])
    outage(line, 7)
    assert asked(line, deadline=line.clock() + 1).result.missing == "deadline"
    assert line.breaker.state == "closed"  # not an eighth failure
    asked(line)
    assert line.breaker.state == "open"  # and not a success


@pytest.mark.parametrize("steps", [[429], [dropped("timeout")]])
def test_rate_limits_and_timeouts_halve_the_window(steps):
    line = scripted_line(steps, policy=Policy(attempts=1))
    asked(line)
    assert line.window.size == 4


@pytest.mark.parametrize("steps", [[400], [500], [dropped()]])
def test_other_failures_leave_the_window_alone(steps):
    line = scripted_line(steps, policy=Policy(attempts=1))
    asked(line)
    assert line.window.size == 8


def test_a_wait_that_the_provider_asks_for_holds_the_whole_line():
    async def story():
        line = scripted_line([429, 200], policy=Policy(attempts=1))
        object.__setattr__(
            line, "codec", ScriptedCodec({429: Failure("rate_limited", True, "upstream", "", 30.0), 200: ANSWER})
        )
        budget = Budget(Caps())
        await ask(line, CALL, budget)
        other = asyncio.create_task(ask(line, CALL, budget))
        await asyncio.sleep(0.01)
        assert not other.done()
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        assert budget.held == NOTHING
        line.clock.now += 30
        assert (await ask(line, CALL, budget)).result is ANSWER

    asyncio.run(story())


async def never():
    await asyncio.Event().wait()


def test_a_cancelled_call_gives_everything_back_and_is_charged_in_full():
    async def story():
        line = scripted_line([never])
        budget = Budget(Caps())
        asking = asyncio.create_task(ask(line, CALL, budget))
        await asyncio.sleep(0.001)
        assert (line.window.in_flight, budget.held) == (1, UPPER)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert asking.cancelled()
        assert (line.window.in_flight, budget.held, budget.spent) == (0, NOTHING, UPPER)

    asyncio.run(story())


def test_a_cancelled_probe_leaves_its_place_to_the_next():
    async def story():
        line = scripted_line([never, 200])
        for _ in range(8):
            line.breaker.failed(line.breaker.admit())
        line.clock.now += 15
        probe = asyncio.create_task(ask(line, CALL, Budget(Caps())))
        await asyncio.sleep(0.001)
        assert line.breaker.refuses
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert (await ask(line, CALL, Budget(Caps()))).result is ANSWER

    asyncio.run(story())


def test_one_cancelled_before_it_was_sent_costs_nothing():
    async def story():
        line = scripted_line([])
        for _ in range(8):
            await line.window.acquire()
        budget = Budget(Caps())
        asking = asyncio.create_task(ask(line, CALL, budget))
        await asyncio.sleep(0.001)
        assert budget.held == UPPER
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (budget.held, budget.spent, line.window.waiting) == (NOTHING, NOTHING, 0)

    asyncio.run(story())


def test_a_transport_that_breaks_its_promise_gives_everything_back_too():
    line = scripted_line([TimeoutError("not an UpstreamError")])
    budget = Budget(Caps())
    with pytest.raises(TimeoutError, match="not an UpstreamError"):
        asyncio.run(ask(line, CALL, budget, line.clock() + 5))
    assert (line.window.in_flight, budget.held, budget.spent) == (0, NOTHING, UPPER)


@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_runs_that_fail_in_every_way_never_overspend(seed):
    draws = random.Random(seed)

    async def pause():
        await asyncio.sleep(draws.choice((0, 0, 0.0003)))
        return draws.choice((200, 200, 200, 201, 400, 429, 500))

    def script():
        while True:
            kind = draws.choice(("timeout", "connection", "protocol"))
            yield pause if draws.random() < 0.8 else dropped(kind, dispatched=draws.random() < 0.5)

    async def story():
        caps = Caps(usd=draws.random() * 0.05, tokens=draws.randrange(20_000), calls=draws.randrange(300))
        line = scripted_line(script(), provider=scripted_provider())
        budget = Budget(caps)
        tasks = [asyncio.create_task(ask(line, CALL, budget, line.clock() + draws.randrange(100))) for _ in range(60)]
        for task in draws.sample(tasks, 5):
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        spent = budget.spent
        assert spent.nano_usd <= round(caps.usd * 1e9)
        assert spent.tokens <= caps.tokens
        assert spent.calls <= caps.calls
        assert (budget.held, line.window.in_flight, line.window.waiting) == (NOTHING, 0, 0)
        assert line.transport.most <= 8

    for _ in range(10):
        asyncio.run(story())


def scripted_provider():
    line = scripted_line([])
    return Provider("p", "scripted", "https://p.example", key=KEY, models=line.provider.models, max_in_flight=8)


def test_nothing_of_the_key_or_the_prompt_is_in_what_is_told_or_shown(caplog):
    told = Told()
    line = scripted_line([500, 429, dropped(), dropped("timeout"), 500], observer=told)
    with caplog.at_level(0):
        answer = asked(line)
    shown = repr(answer) + repr(line) + repr(told.events) + caplog.text
    assert "canary" not in shown


class Instant(ScriptedTransport):
    async def send(self, provider, sent, secret_headers, timeout):  # noqa: ASYNC109 - the protocol's
        return INSTANTLY


INSTANTLY = Received(200, {"x-ratelimit-remaining-requests": "500", "x-ratelimit-reset-requests": "1s"}, b"")


@pytest.fixture
def _untraced():
    """What measures the tests' coverage would be measured with them."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.usefixtures("_untraced")
def test_asking_costs_little_beside_a_call():
    line = open_line(Provider("p", "s", "https://p.example", key="k"), "m", ScriptedCodec(MEANINGS), Instant(iter(())))

    async def best():
        budget, deadline = Budget(Caps(calls=10**9)), line.clock() + 3600
        least = 1.0
        for _ in range(20):
            since = time.process_time()
            for _ in range(200):
                await ask(line, CALL, budget, deadline)
            least = min(least, (time.process_time() - since) / 200)
        return least

    assert asyncio.run(best()) < 120e-6
