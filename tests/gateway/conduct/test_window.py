from __future__ import annotations

import asyncio
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from service.gateway.conduct.window import Ended, Window
from tests.gateway.conduct.scripted import Clock

SUCCESS = Ended("success")
CONGESTED = Ended("congested")
NEUTRAL = Ended("neutral")


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 10))


async def round_trip(window, clock, ended):
    """One window of calls that leave together and return together a second later; others always wait for a place."""
    places = [await window.acquire() for _ in range(window.size)]
    others = [asyncio.create_task(window.acquire()) for _ in range(len(places) + 1)]
    await asyncio.sleep(0)
    clock.now += 1
    for place in places:
        window.release(place, ended)
    clock.now += 1
    for other in others:
        window.release(await other, NEUTRAL)
    clock.now += 1


def test_it_starts_at_eight_or_at_the_most():
    assert Window(200, Clock()).size == 8
    assert Window(3, Clock()).size == 3
    assert Window(0, Clock()).size == 1


def test_it_grows_by_one_per_round_trip_up_to_the_most():
    async def grow():
        clock = Clock()
        window, sizes = Window(12, clock), []
        for _ in range(8):
            await round_trip(window, clock, SUCCESS)
            sizes.append(window.size)
        assert sizes == [8, 9, 10, 11, 12, 12, 12, 12]
        assert window.in_flight == 0

    run(grow())


def test_a_window_that_is_not_used_does_not_grow():
    async def trickle():
        window = Window(200, Clock())
        for _ in range(500):
            window.release(await window.acquire(), SUCCESS)
        assert window.size == 8

    run(trickle())


def test_it_is_halved_once_per_round_trip_down_to_one():
    async def shrink():
        clock = Clock()
        window, sizes = Window(64, clock, start=64), []
        for _ in range(8):
            await round_trip(window, clock, CONGESTED)
            sizes.append(window.size)
        assert sizes == [32, 16, 8, 4, 2, 1, 1, 1]

    run(shrink())


def test_calls_that_left_before_the_halving_do_not_halve_again():
    async def late():
        clock = Clock()
        window = Window(16, clock, start=16)
        places = [await window.acquire() for _ in range(16)]
        for place in places[:15]:
            clock.now += 1
            window.release(place, CONGESTED)
        assert window.size == 8
        after = await window.acquire()
        clock.now += 1
        window.release(after, CONGESTED)
        assert window.size == 4
        window.release(places[15], CONGESTED)
        assert window.size == 4

    run(late())


def test_neutral_ends_change_nothing():
    async def neutral():
        clock = Clock()
        window = Window(200, clock)
        for _ in range(5):
            await round_trip(window, clock, NEUTRAL)
        assert window.size == 8

    run(neutral())


def test_no_more_than_the_window_is_ever_in_flight_and_all_get_their_turn():
    async def crowd():
        window, finished, in_flight = Window(20, time.monotonic), [], []
        draws = random.Random(3)

        async def one(number):
            place = await window.acquire()
            in_flight.append(window.in_flight)
            await asyncio.sleep(draws.random() * 0.001)
            finished.append(number)
            window.release(place, SUCCESS if draws.random() < 0.99 else CONGESTED)

        await asyncio.gather(*(one(number) for number in range(500)))
        assert sorted(finished) == list(range(500))
        assert 8 < max(in_flight) <= 20
        assert (window.in_flight, window.waiting) == (0, 0)

    run(crowd())


def test_cancelled_calls_leave_no_trace():
    async def crowd():
        window, draws = Window(5, time.monotonic), random.Random(5)

        async def one():
            place = await window.acquire()
            try:
                await asyncio.sleep(draws.random() * 0.002)
            finally:
                window.release(place, NEUTRAL)

        tasks = [asyncio.create_task(one()) for _ in range(400)]
        for _ in range(40):
            await asyncio.sleep(0.0005)
            for task in draws.sample(tasks, 8):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (window.in_flight, window.waiting) == (0, 0)
        places = [await window.acquire() for _ in range(window.size)]
        assert len(places) == window.in_flight

    run(crowd())


@given(
    most=st.integers(1, 50),
    events=st.lists(
        st.tuples(
            st.sampled_from(["acquire", "release", "cancel", "tick"]),
            st.sampled_from(["success", "congested", "neutral"]),
            st.integers(0, 9),
        ),
        max_size=120,
    ),
)
def test_whatever_happens_the_window_keeps_its_bounds(most, events):
    async def story():
        clock, places, waiting = Clock(), [], []
        window = Window(most, clock)
        for what, outcome, which in events:
            if what == "acquire":
                waiting.append(asyncio.create_task(window.acquire()))
            elif what == "release" and places:
                window.release(places.pop(which % len(places)), Ended(outcome))
            elif what == "cancel" and waiting:
                waiting[which % len(waiting)].cancel()
            clock.now += which / 10
            before = window.in_flight
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert 1 <= window.size <= most
            assert window.in_flight <= max(before, window.size)
            places += [task.result() for task in waiting if task.done() and not task.cancelled()]
            waiting = [task for task in waiting if not task.done()]
            assert window.in_flight == len(places)
            assert window.waiting == len(waiting)
            assert not waiting or window.in_flight >= window.size
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(story())
