from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from service.gateway.routes.listening import listened_to
from service.web.body import ClientGoneError


def leaving(after: float) -> Callable:
    async def receive() -> dict:
        await asyncio.sleep(after)
        return {"type": "http.disconnect"}

    return receive


async def answer(after: float, said: list[str]) -> str:
    try:
        await asyncio.sleep(after)
    except asyncio.CancelledError:
        said.append("cancelled")
        raise
    return "answer"


def test_the_answer_comes_first() -> None:
    assert asyncio.run(listened_to(leaving(600), answer(0, []))) == "answer"


def test_the_client_leaves_first() -> None:
    said: list[str] = []
    with pytest.raises(ClientGoneError):
        asyncio.run(listened_to(leaving(0.01), answer(600, said)))
    assert said == ["cancelled"]


def test_what_the_work_raises_is_raised() -> None:
    async def broken() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        asyncio.run(listened_to(leaving(600), broken()))


def test_who_cancels_it_cancels_the_work() -> None:
    said: list[str] = []

    async def cancelled() -> None:
        task = asyncio.create_task(listened_to(leaving(600), answer(600, said)))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(cancelled())
    assert said == ["cancelled"]


def test_what_else_is_received_is_no_leaving() -> None:
    messages = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> dict:
        await asyncio.sleep(0.02)
        return messages.pop(0)

    assert asyncio.run(listened_to(receive, answer(0.03, []))) == "answer"
    assert messages == [{"type": "http.disconnect"}]
