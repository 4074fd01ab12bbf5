from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from service.api.parsing import parser
from service.api.parsing.parser import Body, Parser, ParserFailedError
from service.api.reading.whole import digest
from service.api.wire import calibration
from service.api.wire.calibration import CalibrationRequest
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.test_parentage import gone

EXAMPLE = files("service.api").joinpath("example.json").read_bytes()
# a process that says it is there, and then does what its argument says with every errand
OTHER = """
import os, signal, socket, sys, msgspec
service = socket.socket(fileno=int(sys.argv[-1]))
service.send(msgspec.msgpack.encode({"number": 0}))
while True:
    message, fds, _, _ = socket.recv_fds(service, 1 << 17, 1)
    if not message or sys.argv[1] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    errand = msgspec.msgpack.decode(message)
    if sys.argv[1] == "fail":
        socket.send_fds(service, [msgspec.msgpack.encode({"number": errand["number"], "failure": "X at y"})], fds)
"""


def body(content: bytes = EXAMPLE) -> Body:
    return Body(bytearray(content), CalibrationRequest, "/v1/calibrations", "application/json", "identity", {})


async def until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def killed_in_the_middle() -> None:
    """The real process: asked, refused, killed while it has an errand, asked again."""
    parsing = Parser()
    await parsing.start()
    wire, told = await parsing.parse(body())
    expected = calibration.run(calibration.to_core(StrictDecoder(CalibrationRequest).decode(EXAMPLE)))
    assert calibration.run(calibration.to_core(wire)) == expected
    assert told == digest(bytearray(EXAMPLE), {})
    with pytest.raises(ProblemError) as refused:
        await parsing.parse(body(b"{}"))
    assert (refused.value.code, refused.value.errors[0].pointer) == ("missing_field", "")
    first = parsing.process_id
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    asked = asyncio.create_task(parsing.parse(body()))
    await until(lambda: parsing._waiting)
    os.kill(first, signal.SIGKILL)
    wire, _ = await asked
    assert calibration.run(calibration.to_core(wire)) == expected
    assert parsing.restarts == 1
    last = parsing.process_id
    assert last not in {None, first}
    await parsing.close()
    assert gone(last)


def test_a_process_killed_with_a_body_is_replaced_and_the_body_answered() -> None:
    asyncio.run(killed_in_the_middle())


def other(kind: str) -> Parser:
    return Parser((sys.executable, "-c", OTHER, kind))


def test_a_body_that_kills_two_processes_is_refused_and_the_next_one_finds_a_third(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parser, "_PAUSE_SECONDS", 0.01)

    async def asked() -> None:
        parsing = other("die")
        await parsing.start()
        content = body()
        with pytest.raises(ProblemError) as caught:
            await parsing.parse(content)
        assert (caught.value.code, caught.value.headers) == ("overloaded", {"Retry-After": "1"})
        assert content.content == b""
        await until(parsing._up.is_set)
        assert parsing.restarts == 2
        await parsing.close()

    asyncio.run(asked())


def test_who_stops_waiting_leaves_no_reply_to_the_next() -> None:
    async def asked() -> None:
        parsing = other("fail")
        await parsing.start()
        await parsing._up.wait()
        os.kill(parsing.process_id or 0, signal.SIGSTOP)
        first = asyncio.create_task(parsing.parse(body()))
        await until(lambda: parsing._waiting)
        first.cancel()
        await asyncio.wait({first})
        second = asyncio.create_task(parsing.parse(body()))
        await until(lambda: parsing._waiting)
        os.kill(parsing.process_id or 0, signal.SIGCONT)
        with pytest.raises(ParserFailedError, match="X at y"):
            await second
        assert parsing._number == 2
        assert parsing._waiting == {}
        await parsing.close()

    before = len(list(Path("/proc/self/fd").iterdir()))
    asyncio.run(asked())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_who_leaves_while_the_body_is_copied_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files_made = []

    def slow(content: bytes) -> int:
        time.sleep(0.1)
        files_made.append(os.memfd_create("test"))
        return files_made[-1]

    monkeypatch.setattr(parser, "memory_file", slow)

    async def asked() -> None:
        asking = asyncio.create_task(other("fail").parse(body()))
        await asyncio.sleep(0.02)
        asking.cancel()
        await asyncio.wait({asking})
        await until(lambda: files_made)
        await asyncio.sleep(0.02)

    asyncio.run(asked())
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(files_made[0])


def test_elsewhere_than_on_linux_it_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    parsing = Parser()
    asyncio.run(parsing.start())
    assert (parsing.running, parsing.process_id) == (False, None)
