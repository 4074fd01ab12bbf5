from __future__ import annotations

import asyncio
import random

import pytest

from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import NOTHING, Budget
from service.gateway.conduct.retry import Policy
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Failure
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import (
    ANSWER,
    CALL,
    KEY,
    ScriptedCodec,
    Told,
    dropped,
    scripted_line,
)
from tests.gateway.conduct.test_asking import UPPER, asked


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
