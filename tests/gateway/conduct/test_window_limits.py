from __future__ import annotations

import asyncio
import time

import pytest

from service.gateway.conduct.window import Ended, Window
from tests.gateway.conduct.scripted import Clock
from tests.gateway.conduct.test_window import NEUTRAL, run


def held(remaining, reset):
    return Ended("success", {"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset})


def test_no_more_are_in_flight_than_the_provider_leaves():
    async def two():
        clock = Clock()
        window = Window(200, clock)
        window.release(await window.acquire(), held("2", "30s"))
        first, second = await window.acquire(), await window.acquire()
        third = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        assert window.waiting == 1
        window.release(first, NEUTRAL)
        await third
        assert (window.in_flight, window.size) == (2, 8)
        clock.now += 30
        fourth = await window.acquire()
        for place in (second, third.result(), fourth):
            window.release(place, NEUTRAL)
        assert window.in_flight == 0

    run(two())


def test_nothing_left_holds_all_until_the_reset_and_then_wakes_them():
    async def hold():
        window = Window(200, time.monotonic)
        window.release(await window.acquire(), held("0", "50ms"))
        since = time.monotonic()
        await asyncio.gather(window.acquire(), window.acquire())
        assert 0.049 <= time.monotonic() - since < 1.0

    run(hold())


def test_a_wait_that_the_provider_asks_for_holds_all():
    async def hold():
        window = Window(200, time.monotonic)
        place, straggler = await window.acquire(), await window.acquire()
        window.release(place, Ended("congested", wait=0.05))
        since = time.monotonic()
        window.release(straggler, held("100", "1ms"))  # left earlier: it does not lift the wait
        await window.acquire()
        assert 0.049 <= time.monotonic() - since < 1.0

    run(hold())


@pytest.mark.parametrize("left", ["100", "4999"])
def test_no_straggler_lifts_a_wait_that_the_provider_asks_for(left):
    async def hold():
        clock = Clock()
        window = Window(200, clock)
        place, straggler, last = [await window.acquire() for _ in range(3)]
        window.release(place, Ended("congested", wait=30.0))
        window.release(straggler, held(left, "60s"))
        waiting = asyncio.create_task(window.acquire())
        clock.now += 29.9
        await asyncio.sleep(0)
        assert window.waiting == 1
        clock.now += 0.1
        window.release(last, NEUTRAL)
        await waiting

    run(hold())


def test_of_two_waits_the_one_that_ends_later_is_kept():
    async def hold():
        clock = Clock()
        window = Window(200, clock)
        places = [await window.acquire() for _ in range(3)]
        window.release(places[0], Ended("congested", wait=30.0))
        window.release(places[1], Ended("congested", wait=1.0))
        clock.now += 29.9
        waiting = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        assert window.waiting == 1
        clock.now += 0.1
        window.release(places[2], NEUTRAL)
        await waiting

    run(hold())


def test_news_replace_an_earlier_hold():
    async def hold():
        window = Window(200, time.monotonic)
        first, second, third = [await window.acquire() for _ in range(3)]
        window.release(first, held("1", "60s"))
        waiting = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        window.release(second, held("0", "20ms"))
        await waiting
        window.release(third, NEUTRAL)

    run(hold())


def test_a_hold_that_grew_while_someone_waits_is_kept_to_its_end():
    async def hold():
        window = Window(200, time.monotonic)
        first, second = await window.acquire(), await window.acquire()
        window.release(first, held("0", "10ms"))
        waiting = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        since = time.monotonic()
        window.release(second, held("0", "60ms"))
        await waiting
        assert time.monotonic() - since >= 0.059

    run(hold())


@pytest.mark.parametrize("tick", [0.0007, 0.0013, 0.002, 0.005, 0.011, 0.02])
def test_time_that_passes_while_the_clock_is_read_leaves_nobody_asleep(tick):
    now = 0.0

    def clock():
        nonlocal now
        now += tick
        return now

    async def hold():
        window = Window(200, clock)
        for _ in range(10):
            window.release(await window.acquire(), held("0", "20ms"))

    run(hold())


def test_tokens_left_count_in_calls_of_the_usual_size():
    async def tokens():
        window = Window(200, Clock())
        headers = {"x-ratelimit-remaining-tokens": "350", "x-ratelimit-reset-tokens": "30s"}
        for _ in range(2):
            window.release(await window.acquire(), Ended("success", tokens=100))
        window.release(await window.acquire(), Ended("success", headers, tokens=100))
        for _ in range(3):
            await window.acquire()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(window.acquire(), 0.01)
        assert window.in_flight == 3

    run(tokens())
