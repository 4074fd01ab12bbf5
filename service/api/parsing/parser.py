"""The service's side of the parsing process: started beside the service, asked, and replaced when it dies.

One body is worked on at a time. A process that dies with a body is replaced and asked once more; when the second dies
as well, the request is refused with 503, so that a body that kills its reader cannot kill the service.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from service.api.parsing import shipping
from service.api.parsing.errand import MESSAGE_BYTES, REFUSALS, REPLIES, Errand, Reply, memory_file, problem
from service.web.problems import ProblemError

COMMAND = (sys.executable, "-m", "service.api.parsing.process")
_EARLY_SECONDS = 2.0
_PAUSE_SECONDS = 0.5


class ParserLostError(Exception):
    """The process died with the errand."""


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
    """Not running until ``start``; ``restarts`` counts the processes that replaced another."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._turn = asyncio.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._up = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[tuple[Reply, int]]] = {}
        self._number = 0
        self._began = 0.0
        self._later: asyncio.TimerHandle | None = None
        self.restarts = 0
        self.running = False

    async def start(self) -> None:
        """Begin; the first process loads while the service already answers small requests."""
        if sys.platform == "linux":  # memory files are Linux's
            self.running = True
            self._begin()

    async def close(self) -> None:
        """End the process."""
        self.running = False
        if self._later is not None:
            self._later.cancel()
        self._lose()

    @property
    def process_id(self) -> int | None:
        """Of the process that runs now."""
        return None if self._process is None else self._process.pid

    async def parse(self, body: Body) -> tuple[msgspec.Struct, str]:
        """The decoded request and its digest; ``ProblemError`` as the reader says, or 503 when the process is lost."""
        fd = await _copied(body.content)
        try:
            async with self._turn:
                for _ in range(2):
                    with suppress(ParserLostError):
                        return _read(body.kind, *await self._ask(body, fd))
        finally:
            os.close(fd)
        raise ProblemError("overloaded", "The body could not be parsed now.", headers={"Retry-After": "1"})

    async def _ask(self, body: Body, fd: int) -> tuple[Reply, int]:
        await self._up.wait()
        self._number += 1
        errand = Errand(self._number, body.path, body.media_type, body.encoding, body.parameters)
        answer: asyncio.Future[tuple[Reply, int]] = asyncio.get_running_loop().create_future()
        self._waiting[errand.number] = answer
        try:
            if self._socket is None:
                raise ParserLostError
            socket.send_fds(self._socket, [msgspec.msgpack.encode(errand)], [fd])
            return await answer
        except (BrokenPipeError, ConnectionResetError):
            raise ParserLostError from None
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                os.close(answer.result()[1])
            raise
        finally:
            self._waiting.pop(errand.number, None)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [*self._command, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 - ours
        self._socket.setblocking(False)
        self._began = loop.time()
        loop.add_reader(self._socket.fileno(), self._hear)

    def _hear(self) -> None:
        assert self._socket is not None
        try:
            message, descriptors, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except ConnectionResetError:
            message, descriptors = b"", []
        if not message:
            self._lose()
            self._replace()
            return
        reply = REPLIES.decode(message)
        answer = self._waiting.get(reply.number)
        if reply.number == 0:
            self._up.set()
        elif answer is not None and not answer.done():
            answer.set_result((reply, descriptors.pop()))
        for unwanted in descriptors:
            os.close(unwanted)

    def _lose(self) -> None:
        """Let go of the process, dead or alive; who waits for it hears of it."""
        self._up.clear()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ParserLostError())

    def _replace(self) -> None:
        if not self.running:
            return
        self.restarts += 1
        loop = asyncio.get_running_loop()
        if loop.time() - self._began > _EARLY_SECONDS:
            self._begin()
        else:
            self._later = loop.call_later(_PAUSE_SECONDS, self._begin)


async def _copied(content: bytearray) -> int:
    """A memory file with this content, which is emptied; copied in a thread, and lost to nobody who stops waiting."""
    copying = asyncio.get_running_loop().run_in_executor(None, memory_file, content)
    try:
        fd = await asyncio.shield(copying)
    except asyncio.CancelledError:
        copying.add_done_callback(lambda done: os.close(done.result()))
        raise
    content.clear()
    return fd


def _read(kind: type[msgspec.Struct], reply: Reply, fd: int) -> tuple[msgspec.Struct, str]:
    try:
        if reply.failure is not None:
            raise ParserFailedError(reply.failure)
        if reply.refused:
            raise problem(REFUSALS.decode(os.pread(fd, reply.size, reply.at)))
        return shipping.read(kind, fd, reply.at, reply.size), reply.digest
    finally:
        os.close(fd)
