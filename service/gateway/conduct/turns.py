"""A queue of those who wait for a share of something: first come, first served, and nothing lost when one leaves.

**Assumes** one event loop. ``claim`` takes a share at once and returns what it is (never None), or None: wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """The queue; its owner calls ``advance`` whenever a share may have become free."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[T], Callable[[], T | None]]] = deque()

    def __len__(self) -> int:
        return sum(not future.done() for future, _ in self._waiting)

    async def take(self, claim: Callable[[], T | None], give_back: Callable[[T], None]) -> T:
        """A share, in turn. Cancelled while waiting it takes none; cancelled just after, it gives its share back."""
        if not self._waiting:
            share = claim()
            if share is not None:
                return share
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, claim))
        self.advance()
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancelled():
                give_back(future.result())
            self.advance()
            raise

    def advance(self) -> None:
        """Give shares to those in front, as long as there are any."""
        while self._waiting:
            future, claim = self._waiting[0]
            if not future.done():
                share = claim()
                if share is None:
                    return
                future.set_result(share)
            self._waiting.popleft()
