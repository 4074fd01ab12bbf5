"""Tasks under way and results that wait to be read: at most so many of both together.

**Assumes** one event loop and one reader.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flight(Generic[T]):
    """The tasks; their owner starts one where there is ``room`` and reads what ``landed``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pending: set[asyncio.Task[T]] = set()
        self._landed: deque[asyncio.Task[T]] = deque()
        self._wake = asyncio.Event()

    @property
    def room(self) -> bool:
        """Whether one more may start."""
        return len(self._pending) + len(self._landed) < self._most

    @property
    def empty(self) -> bool:
        """Whether nothing is under way and nothing waits to be read."""
        return not self._pending and not self._landed

    def start(self, coroutine: Coroutine[Any, Any, T]) -> None:
        """One more."""
        task = asyncio.create_task(coroutine)
        self._pending.add(task)
        task.add_done_callback(self._land)

    async def landing(self, seconds: float) -> None:
        """Until there is something to read, at most so long."""
        if self._landed:
            return
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()

    def landed(self) -> Iterator[T]:
        """What there is to read, each once. Errors: what a task raised."""
        while self._landed:
            yield self._landed.popleft().result()

    async def close(self) -> None:
        """Cancel what is under way, and wait until it is gone."""
        pending = tuple(self._pending)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _land(self, task: asyncio.Task[T]) -> None:
        self._pending.discard(task)
        self._landed.append(task)
        self._wake.set()
