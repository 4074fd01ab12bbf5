from __future__ import annotations

import asyncio

import pytest

from service.gateway.flight import Flight


def test_what_is_unread_takes_a_place_as_what_is_under_way_does() -> None:
    async def story() -> None:
        flight: Flight[int] = Flight(2)
        assert flight.empty
        for number in range(2):
            assert flight.room
            flight.start(asyncio.sleep(0, number))
        assert not flight.room
        await asyncio.sleep(0.001)
        assert (flight.room, flight.empty) == (False, False)
        assert sorted(flight.landed()) == [0, 1]
        assert (flight.room, flight.empty) == (True, True)

    asyncio.run(story())


def test_a_landing_is_waited_for_but_not_for_ever() -> None:
    async def story() -> None:
        flight: Flight[str] = Flight(2)
        gate = asyncio.Event()
        flight.start(asyncio.wait_for(gate.wait(), None))
        await flight.landing(0.0)
        assert list(flight.landed()) == []
        gate.set()
        await flight.landing(60.0)
        await flight.landing(60.0)  # it is still there to be read
        assert list(flight.landed()) == [True]

    asyncio.run(story())


def test_what_a_task_raised_is_raised_where_it_is_read() -> None:
    async def fail() -> None:
        raise LookupError

    async def story() -> None:
        flight: Flight[None] = Flight(1)
        flight.start(fail())
        await flight.landing(60.0)
        with pytest.raises(LookupError):
            list(flight.landed())

    asyncio.run(story())


def test_closing_cancels_and_waits() -> None:
    async def story() -> None:
        flight: Flight[None] = Flight(1)
        ended = []

        async def slow() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        flight.start(slow())
        await asyncio.sleep(0)
        await flight.close()
        assert ended == [True]

    asyncio.run(story())
