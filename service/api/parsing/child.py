"""The parsing process as the service holds it: started, asked one thing at a time, and replaced whenever it is lost.

::

    start --cannot be started--> start again in half a second
      | says hello: up
      | dies, or is given up because it does not answer: lost --> start
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from service.api.parsing.errand import MESSAGE_BYTES, REPLIES, Errand, Reply, mapped

_EARLY_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_HELLO_SECONDS = 60.0
_DOWN_SECONDS = 10.0
_GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply, and the memory that it speaks of."""

    reply: Reply
    memory: memoryview


class Child:
    """Not running until ``start``; ``restarts`` counts what was done to replace one. One errand at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._up = asyncio.Event()
        self._answer: asyncio.Future[Answered | None] | None = None
        self._began = self._down_since = 0.0
        self._later: asyncio.TimerHandle | None = None
        self.restarts = 0
        self.running = False

    @property
    def process_id(self) -> int | None:
        """Of the process that runs now."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin; on the event loop."""
        self.running = True
        self._down_since = asyncio.get_running_loop().time()
        self._begin()

    async def close(self) -> None:
        """End the process."""
        self.running = False
        process = self._lose()
        if process is not None:
            await asyncio.to_thread(process.wait)

    async def up(self) -> bool:
        """Whether there is a process; it is waited for, but all who wait together wait ten seconds at most."""
        if self._up.is_set():
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._down_since + _DOWN_SECONDS):
                await self._up.wait()
        return self._up.is_set()

    async def ask(self, errand: Errand, fd: int) -> Answered | None:
        """The answer; None when the process was lost with the errand, or could not be sent it.

        Who stops waiting still waits for the answer as long as a new process costs; then there is a new process. So
        that nothing of an errand is left when this ends.
        """
        answer: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        self._answer = answer
        try:
            if not self._sent(errand, fd):
                return None
            await asyncio.wait({answer})
            return answer.result()
        except asyncio.CancelledError:
            await asyncio.wait({answer}, timeout=_GRACE_SECONDS)
            raise
        finally:
            if not answer.done() and self._up.is_set():
                self._replace()
            self._answer = None

    def _sent(self, errand: Errand, fd: int) -> bool:
        try:
            assert self._socket is not None
            socket.send_fds(self._socket, [msgspec.msgpack.encode(errand)], [fd])
        except OSError:
            return False
        return True

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        try:
            self._socket, self._process = _started(self._command)
        except OSError:  # no descriptor, process or memory left, for now
            self.restarts += 1
            self._later = loop.call_later(_PAUSE_SECONDS, self._begin)
            return
        loop.add_reader(self._socket.fileno(), self._hear)
        self._later = loop.call_later(_HELLO_SECONDS, self._replace)

    def _hear(self) -> None:
        assert self._socket is not None
        try:
            message, descriptors, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._replace()
            return
        reply = REPLIES.decode(message)
        if reply.number == 0:
            self._greeted()
        else:
            self._answered(reply, descriptors)

    def _greeted(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self._up.set()

    def _answered(self, reply: Reply, descriptors: list[int]) -> None:
        found = None
        with suppress(OSError):
            found = Answered(reply, mapped(descriptors[0])) if descriptors else None
        for fd in descriptors:
            os.close(fd)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(found)

    def _replace(self) -> None:
        """Let go of the process, dead or alive, and begin another, after a pause if this one did not live long."""
        loop = asyncio.get_running_loop()
        if self._up.is_set():
            self._down_since = loop.time()
        process = self._lose()
        if process is not None:
            loop.run_in_executor(None, process.wait)
        self.restarts += 1
        if loop.time() - self._began > _EARLY_SECONDS:
            self._begin()
        else:
            self._later = loop.call_later(_PAUSE_SECONDS, self._begin)

    def _lose(self) -> subprocess.Popen[bytes] | None:
        """Kill the process, which is still to be waited for; who waits for its answer hears of it."""
        self._up.clear()
        if self._later is not None:
            self._later.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
        return process


def _started(command: Sequence[str]) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        except BaseException:
            ours.close()
            raise
    return ours, process
