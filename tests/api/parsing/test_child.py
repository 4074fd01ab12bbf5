from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from service.api.parsing import child
from service.api.parsing.child import Child
from service.api.parsing.errand import Errand
from tests.web.test_parentage import gone

# a process that says it is there, and then does what its argument says with every errand
OTHER = """
import os, signal, socket, sys, time, msgspec
service = socket.socket(fileno=int(sys.argv[-1]))
if sys.argv[1] == "dumb":
    time.sleep(60)
service.send(msgspec.msgpack.encode({"number": 0}))
while True:
    message, fds, _, _ = socket.recv_fds(service, 1 << 17, 1)
    if not message or sys.argv[1] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    errand = msgspec.msgpack.decode(message)
    if sys.argv[1] == "fail":
        socket.send_fds(service, [msgspec.msgpack.encode({"number": errand["number"], "failure": "X at y"})], fds)
"""


def other_command(kind: str) -> tuple[str, ...]:
    return (sys.executable, "-c", OTHER, kind)


async def until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def errand(number: int) -> Errand:
    return Errand(number, "/", "application/json", "identity", {})


async def asked(process: Child, number: int) -> str | None:
    fd = os.memfd_create("test")
    try:
        found = await process.ask(errand(number), fd)
    finally:
        os.close(fd)
    return None if found is None else found.reply.failure


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_process_that_cannot_be_started_is_tried_again_and_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)
    failed = []

    async def recovering() -> None:
        process = Child(other_command("fail"))
        process.start()
        assert await process.up()
        files = open_files()
        process._command = ("/nonexistent",)  # as when no process, memory or descriptor is left
        os.kill(process.process_id or 0, signal.SIGKILL)
        await until(lambda: process.restarts > 2)
        failed.append(open_files() < files)
        process._command = other_command("fail")
        assert await process.up()
        assert await asked(process, 1) == "X at y"
        await process.close()

    before = open_files()
    asyncio.run(recovering())
    assert failed == [True]
    assert open_files() == before


def test_a_process_that_never_says_hello_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_HELLO_SECONDS", 0.05)
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)

    async def waited() -> None:
        process = Child(other_command("dumb"))
        process.start()
        first = process.process_id or 0
        await until(lambda: process.restarts == 2)
        await until(lambda: gone(first))
        await process.close()

    asyncio.run(waited())


def test_how_long_is_waited_for_a_process_is_counted_from_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_DOWN_SECONDS", 0.1)

    async def waited() -> list[bool]:
        process = Child(("/nonexistent",))
        process.start()
        first = await process.up()
        began = time.monotonic()
        second = await process.up()
        assert time.monotonic() - began < 0.1
        await process.close()
        return [first, second]

    assert asyncio.run(waited()) == [False, False]


def test_the_end_of_a_process_is_an_answer_to_who_waits() -> None:
    async def lost() -> None:
        process = Child(other_command("die"))
        process.start()
        assert await process.up()
        first = process.process_id or 0
        assert await asked(process, 1) is None
        await until(lambda: gone(first))
        await process.close()

    asyncio.run(lost())
