from __future__ import annotations

import asyncio
import dataclasses
import itertools

import pytest

from service.gateway.conduct.asking import ask
from service.gateway.conduct.budget import NOTHING, Budget
from service.gateway.conduct.patience import Patience
from service.gateway.conduct.retry import Policy
from service.gateway.conduct.window import Ended
from service.gateway.providers.protocol import Failure
from service.gateway.study import Caps
from tests.gateway.conduct.scripted import ANSWER, BROKEN, CALL, ScriptedCodec, dropped, scripted_line
from tests.gateway.conduct.test_asking import asked, reasons, timing_out
from tests.gateway.conduct.test_asking_shared import never


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
