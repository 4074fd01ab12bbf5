"""The service's side of the parsing process: one body after the other, each in its turn.

A process that dies with a body is replaced and asked once more; when the second dies as well, the request is refused
with 503, so that a body that kills its reader cannot kill the service. A body that is given up keeps its turn until its
answer is there, or its process has been replaced.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from service.api.parsing import shipping
from service.api.parsing.child import Answered, Child
from service.api.parsing.errand import REFUSALS, Errand, memory_file, problem
from service.web.problems import ProblemError

COMMAND = (sys.executable, "-m", "service.api.parsing.process")
_TRIES = 2
Found = tuple[msgspec.Struct, str]


class ParserFailedError(RuntimeError):
    """The process met a fault of ours; its class and place."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it was sent and what is known of it; ``content`` is emptied as soon as it is copied."""

    content: bytearray
    kind: type[msgspec.Struct]
    path: str
    media_type: str
    encoding: str
    parameters: Mapping[str, str]


class Parser:
    """Not running until ``start``."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._turn = asyncio.Lock()
        self._number = 0
        self.child = Child(command)

    @property
    def running(self) -> bool:
        """Whether bodies may be given to it."""
        return self.child.running

    @property
    def restarts(self) -> int:
        """How many processes replaced another."""
        return self.child.restarts

    async def start(self) -> None:
        """Begin; the first process loads while the service already answers small requests."""
        if sys.platform == "linux":  # memory files are Linux's
            self.child.start()

    async def close(self) -> None:
        """End the process."""
        await self.child.close()

    async def parse(self, body: Body) -> Callable[[], Found]:
        """What gives the decoded request and its digest, or raises as the reader says; 503 when nobody can parse it."""
        fd = await _copied(body.content)
        try:
            async with self._turn:
                for _ in range(_TRIES):
                    answered = await self.child.ask(self._errand(body), fd) if await self.child.up() else None
                    if answered is not None:
                        return partial(_read, body.kind, answered)
        finally:
            os.close(fd)
        raise _not_now()

    def _errand(self, body: Body) -> Errand:
        self._number += 1
        return Errand(self._number, body.path, body.media_type, body.encoding, body.parameters)


async def _copied(content: bytearray) -> int:
    """A memory file with this content, which is emptied; copied in a thread. Who stops waiting still waits for that."""
    copying = asyncio.get_running_loop().run_in_executor(None, memory_file, content)
    try:
        await asyncio.wait({copying})
    except asyncio.CancelledError:
        copying.add_done_callback(_closed)
        await asyncio.wait({copying})
        raise
    try:
        fd = copying.result()
    except OSError:
        raise _not_now() from None
    content.clear()
    return fd


def _closed(copying: asyncio.Future[int]) -> None:
    if not copying.cancelled() and copying.exception() is None:
        os.close(copying.result())


def _not_now() -> ProblemError:
    return ProblemError("overloaded", "The body could not be parsed now.", headers={"Retry-After": "1"})


def _read(kind: type[msgspec.Struct], answered: Answered) -> Found:
    reply, memory = answered.reply, answered.memory
    if reply.failure is not None:
        raise ParserFailedError(reply.failure)
    if reply.refused:
        raise problem(REFUSALS.decode(memory[reply.at : reply.at + reply.size]))
    return shipping.read(kind, memory, reply.at, reply.size), reply.digest
