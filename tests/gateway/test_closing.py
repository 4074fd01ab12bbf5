from __future__ import annotations

import asyncio

import pytest

from service.gateway.closing import ClosedError, Closing


def test_work_that_ends_before_gives_what_it_gives() -> None:
    async def bounded() -> tuple[int, int]:
        closing = Closing()
        one = await closing.bounded(lambda: asyncio.sleep(0, 1))
        closing.begin(3600)
        return one, await closing.bounded(lambda: asyncio.sleep(0, 2))

    assert asyncio.run(bounded()) == (1, 2)


def test_work_under_way_is_cancelled_and_work_after_it_never_begun() -> None:
    begun: list[str] = []

    async def work(name: str) -> None:
        begun.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            begun.append(name + " ended")

    async def closed() -> None:
        closing = Closing()
        waiting = [asyncio.create_task(closing.bounded(lambda name=name: work(name))) for name in "ab"]
        await asyncio.sleep(0)
        closing.begin(0.1)
        closing.begin(0.05)  # once more, while they wait
        for task in waiting:
            with pytest.raises(ClosedError):
                await task
        with pytest.raises(ClosedError):
            await closing.bounded(lambda: work("c"))

    asyncio.run(closed())
    assert sorted(begun) == ["a", "a ended", "b", "b ended"]


def test_a_timeout_of_the_works_own_is_its_own() -> None:
    async def late() -> None:
        raise TimeoutError("its own")

    async def bounded() -> None:
        closing = Closing()
        closing.begin(3600)
        await closing.bounded(late)

    with pytest.raises(TimeoutError, match="its own"):
        asyncio.run(bounded())


def test_who_cancels_from_outside_sees_a_cancellation() -> None:
    async def cancelled() -> bool:
        task = asyncio.create_task(Closing().bounded(asyncio.Event().wait))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())
