"""The end of a stopping process as its work sees it: what still runs shortly before it ends with what it has.

**Units** seconds.
**Assumes** one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

_LAST_WORDS_SECONDS: Final = 3.0
_LAST_WORDS_SHARE: Final = 0.2
T = TypeVar("T")


class ClosedError(Exception):
    """The process stops before the work is done."""


class Closing:
    """Work that is bounded by it goes on as long as the process does, less the time that its last words need."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._waiting: set[asyncio.Timeout] = set()

    def begin(self, seconds: float) -> None:
        """The process stops in so many seconds."""
        left = seconds - min(_LAST_WORDS_SECONDS, _LAST_WORDS_SHARE * seconds)
        self._at = asyncio.get_running_loop().time() + left
        for timeout in self._waiting:
            if not timeout.expired():
                timeout.reschedule(self._at)

    async def bounded(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work gives; ClosedError, and the work cancelled or not begun, when the end comes first."""
        if self._at is not None and asyncio.get_running_loop().time() >= self._at:
            raise ClosedError
        timeout = asyncio.timeout_at(self._at)
        try:
            async with timeout:
                self._waiting.add(timeout)
                try:
                    return await work()
                finally:
                    self._waiting.discard(timeout)
        except TimeoutError:
            if timeout.expired():
                raise ClosedError from None
            raise
