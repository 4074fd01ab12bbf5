from __future__ import annotations

import asyncio

import pytest

from service.gateway.conduct.turns import Turns


class Places:
    """So many places, handed out in turn."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.turns: Turns[bool] = Turns()

    def claim(self) -> bool | None:
        if self.free == 0:
            return None
        self.free -= 1
        return True

    def give_back(self, _share: bool = True) -> None:
        self.free += 1
        self.turns.advance()

    async def take(self) -> bool:
        return await self.turns.take(self.claim, self.give_back)


def test_a_free_place_is_taken_without_waiting():
    places = Places(1)
    taking = places.take()
    with pytest.raises(StopIteration):
        taking.send(None)  # finished without suspending once
    assert places.free == 0


def test_places_go_in_the_order_of_asking():
    async def run():
        places, order = Places(1), []
        await places.take()

        async def one(number):
            await places.take()
            order.append(number)
            places.give_back()

        waiting = [asyncio.create_task(one(number)) for number in range(20)]
        await asyncio.sleep(0)
        assert len(places.turns) == 20
        places.give_back()
        newcomer = asyncio.create_task(one(20))
        await asyncio.gather(*waiting, newcomer)
        assert order == list(range(21))
        assert places.free == 1

    asyncio.run(run())


def test_one_who_leaves_while_waiting_takes_nothing_and_lets_the_next_in():
    async def run():
        places = Places(1)
        await places.take()
        first, second = (asyncio.create_task(places.take()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert len(places.turns) == 1
        places.give_back()
        assert await second
        assert first.cancelled()
        assert (places.free, len(places.turns)) == (0, 0)

    asyncio.run(run())


def test_one_who_leaves_just_after_being_let_in_gives_the_place_to_the_next():
    async def run():
        places = Places(1)
        await places.take()
        first, second = (asyncio.create_task(places.take()) for _ in range(2))
        await asyncio.sleep(0)
        places.give_back()  # it is first's now, who does not know yet
        first.cancel()
        assert await second
        assert first.cancelled()
        assert places.free == 0

    asyncio.run(run())


def test_newcomers_are_not_blocked_by_those_who_left():
    async def run():
        places = Places(0)
        gone = asyncio.create_task(places.take())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        places.free = 1
        assert await asyncio.wait_for(places.take(), 1)

    asyncio.run(run())
