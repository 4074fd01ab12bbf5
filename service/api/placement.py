"""Where work runs: a bounded number of requests at a time, each with a deadline and a client who may leave.

::

    place taken (503 when none is free) -> parsing process or thread -> thread of the pool -> place given back
        deadline: 504     client gone     either way: what has not begun never begins, what has keeps its place
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

from litestar.types import Receive

from service.web.body import ClientGoneError
from service.web.problems import ProblemError

T = TypeVar("T")
_KINDER = 2  # steps of niceness of a computing thread: the event loop goes first


class Place:
    """A request's place among those that are worked on; its ``compute`` runs work in a thread of the pool."""

    def __init__(self, submit: Callable[[Callable[[], object]], Future[Any]]) -> None:
        self._submit = submit

    async def compute(self, work: Callable[[], T]) -> T:
        """The result of work done in a thread. Who stops waiting still waits for work that has begun."""
        begun: Future[T] = self._submit(work)
        done = asyncio.wrap_future(begun)
        try:
            await asyncio.wait({done})
        except asyncio.CancelledError:
            done.add_done_callback(_heard)
            if not begun.cancel():
                await asyncio.wait({done})
            raise
        return done.result()


class Turns:
    """Small work on the event loop: one piece between two looks at the network, so that nobody else waits for all."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """Pieces of work that wait."""
        return len(self._waiting)

    def full(self) -> bool:
        """Whether the next piece would be refused."""
        return self._taken and len(self._waiting) >= self._most

    async def run(self, work: Callable[[], T]) -> T:
        """The result of work done here and now, or as soon as it is this request's turn; 504 when that is too late."""
        loop = asyncio.get_running_loop()
        if self._taken:
            await self._come()
        self._taken = True
        loop.call_soon(self._next)
        return work()

    async def _come(self) -> None:
        """Until it is this one's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as ended:
            if turn.done() and not turn.cancelled():  # it was this one's turn, which passes to the next
                loop.call_soon(self._next)
            if isinstance(ended, TimeoutError):
                raise _late(self._seconds) from None
            raise

    def _next(self) -> None:
        """In the next round of the event loop."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False


class Placement:
    """Places for threads + queue requests. Work that goes on after its request keeps its place until it ends.

    ``busy`` has hysteresis: from the moment all places are taken until half of both queues is free again.
    """

    def __init__(self, threads: int, queue: int, deadline_seconds: float, inline_queue: int = 16) -> None:
        self._turns = Turns(inline_queue, deadline_seconds)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="compute", initializer=_yielding)
        self.threads, self.queue = threads, queue
        self._capacity, self._deadline = threads + queue, deadline_seconds
        self._low_mark, self._low_turns = threads + queue // 2, inline_queue // 2
        self._in_threads: set[Future[Any]] = set()
        self._busy = False
        self.occupied = self.shed = 0

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

    @property
    def computing(self) -> bool:
        """Whether a thread is at work, asked for or not."""
        return bool(self._in_threads)

    def busy(self) -> bool:
        """Whether others should be asked first."""
        if self._busy:
            self._busy = self.occupied > self._low_mark or self._turns.waiting > self._low_turns
        return self._busy

    def refuse_when_full(self) -> None:
        """503 before a body is read that nobody could work on."""
        if self.full():
            self._shed()

    async def here(self, work: Callable[[], T]) -> T:
        """The result of small work done on the event loop; 503 when too many wait for that, 504 after the deadline."""
        if self._turns.full():
            self._shed()
        return await self._turns.run(work)

    async def run(self, work: Callable[[Place], Awaitable[T]], receive: Receive, waited: float = 0.0) -> T:
        """The result of work; 503 when all places are taken, 504 after the deadline, nothing when the client leaves.

        ``waited``: seconds of the deadline that have passed already.
        """
        self.refuse_when_full()
        working = asyncio.ensure_future(work(Place(self._submit)))
        self.occupied += 1
        self._busy = self._busy or self.full()
        working.add_done_callback(self._give_back)
        leaving = asyncio.ensure_future(_left(receive))
        try:
            done, _ = await asyncio.wait(
                {working, leaving}, timeout=max(0.0, self._deadline - waited), return_when=asyncio.FIRST_COMPLETED
            )
            if working in done:
                return working.result()
            if leaving in done:
                leaving.result()
                raise ClientGoneError
            raise _late(self._deadline)
        finally:
            leaving.cancel()
            working.cancel()

    def close(self) -> None:
        """Take no more work; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, work: Callable[[], object]) -> Future[Any]:
        begun = self._pool.submit(work)
        self._in_threads.add(begun)
        begun.add_done_callback(self._in_threads.discard)
        return begun

    def _give_back(self, working: asyncio.Future[Any]) -> None:
        self.occupied -= 1
        _heard(working)

    def _shed(self) -> NoReturn:
        self.shed += 1
        self._busy = True
        raise ProblemError("overloaded", "All workers are busy.", headers={"Retry-After": "1"})


def _heard(ended: asyncio.Future[Any]) -> None:
    """Nobody asks for the error of work that was given up."""
    if not ended.cancelled():
        ended.exception()


def _late(seconds: float) -> ProblemError:
    return ProblemError("deadline_exceeded", f"Not done within {seconds:g} seconds.")


async def _left(receive: Receive) -> None:
    """Until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _yielding() -> None:
    """A computing thread lets the event loop go first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _KINDER)
