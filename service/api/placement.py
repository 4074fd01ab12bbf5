"""Where work runs: small work on the event loop, the rest in a few threads with a short queue and a deadline."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from service.web.problems import ProblemError

T = TypeVar("T")


class Placement:
    """A bounded pool. Work that passes its deadline keeps its thread until it ends, so the bound holds."""

    def __init__(self, threads: int, queue: int, deadline_seconds: float) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="compute")
        self.threads, self.queue = threads, queue
        self._capacity, self._deadline = threads + queue, deadline_seconds
        self._lock = threading.Lock()
        self.occupied = 0

    def full(self) -> bool:
        """Whether the next piece of work would be refused."""
        return self.occupied >= self._capacity

    @property
    def running(self) -> int:
        """Pieces of work that have a thread."""
        return min(self.occupied, self.threads)

    @property
    def queued(self) -> int:
        """Pieces of work that wait for one."""
        return max(0, self.occupied - self.threads)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of work done in a thread; 503 when the queue is full, 504 after the deadline."""
        self._take()
        future = self._pool.submit(work)
        future.add_done_callback(self._give_back)
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise
            raise ProblemError("deadline_exceeded", f"Not done within {self._deadline:g} seconds.") from None

    def close(self) -> None:
        """Take no more work; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take(self) -> None:
        with self._lock:
            if self.full():
                raise ProblemError("overloaded", "All workers are busy.", headers={"Retry-After": "1"})
            self.occupied += 1

    def _give_back(self, _done: Future[T]) -> None:
        with self._lock:
            self.occupied -= 1
