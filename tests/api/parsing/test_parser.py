from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable
from importlib.resources import files
from pathlib import Path

import pytest

from service.api.parsing import child, parser
from service.api.parsing.parser import Body, Parser, ParserFailedError
from service.api.reading.whole import digest
from service.api.wire import calibration
from service.api.wire.calibration import CalibrationRequest
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.api.parsing.test_child import other_command, until
from tests.web.test_parentage import gone

EXAMPLE = files("service.api").joinpath("example.json").read_bytes()


def body(content: bytes = EXAMPLE) -> Body:
    return Body(bytearray(content), CalibrationRequest, "/v1/calibrations", "application/json", "identity", {})


async def killed_in_the_middle() -> None:
    """The real process: asked, refused, killed while it has an errand, asked again."""
    parsing = Parser()
    await parsing.start()
    wire, told = (await parsing.parse(body()))()
    expected = calibration.run(calibration.to_core(StrictDecoder(CalibrationRequest).decode(EXAMPLE)))
    assert calibration.run(calibration.to_core(wire)) == expected
    assert told == digest(bytearray(EXAMPLE), {})
    with pytest.raises(ProblemError) as refused:
        (await parsing.parse(body(b"{}")))()
    assert (refused.value.code, refused.value.errors[0].pointer) == ("missing_field", "")
    first = parsing.child.process_id
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    asked = asyncio.create_task(parsing.parse(body()))
    await until(lambda: parsing.child._answer)
    os.kill(first, signal.SIGKILL)
    wire, _ = (await asked)()
    assert calibration.run(calibration.to_core(wire)) == expected
    assert parsing.restarts == 1
    last = parsing.child.process_id
    assert last not in {None, first}
    await parsing.close()
    assert gone(last)


def test_a_process_killed_with_a_body_is_replaced_and_the_body_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_DOWN_SECONDS", 60.0)  # the start of the real one, on a machine that does much else
    asyncio.run(killed_in_the_middle())


def other(kind: str) -> Parser:
    return Parser(other_command(kind))


async def overloaded(asking: Awaitable[object]) -> None:
    with pytest.raises(ProblemError) as caught:
        await asking
    assert (caught.value.code, caught.value.headers) == ("overloaded", {"Retry-After": "1"})


def test_a_body_that_kills_two_processes_is_refused_and_the_next_one_finds_a_third(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)

    async def asked() -> None:
        parsing = other("die")
        await parsing.start()
        content = body()
        await overloaded(parsing.parse(content))
        assert content.content == b""
        await until(parsing.child._up.is_set)
        assert parsing.restarts == 2
        await parsing.close()

    asyncio.run(asked())


def test_who_leaves_keeps_the_turn_until_the_answer_and_the_next_gets_its_own() -> None:
    async def asked() -> None:
        parsing = other("fail")
        await parsing.start()
        assert await parsing.child.up()
        first = parsing.child.process_id or 0
        os.kill(first, signal.SIGSTOP)
        left = asyncio.create_task(parsing.parse(body()))
        await until(lambda: parsing.child._answer)
        left.cancel()
        second = asyncio.create_task(parsing.parse(body()))
        await asyncio.wait({left, second}, timeout=0.05)
        assert not left.done()
        assert parsing._number == 1  # the second is not sent behind it
        os.kill(first, signal.SIGCONT)
        with pytest.raises(ParserFailedError, match="X at y"):
            (await second)()
        assert left.cancelled()
        assert (parsing._number, parsing.restarts, parsing.child.process_id) == (2, 0, first)
        await parsing.close()

    before = len(list(Path("/proc/self/fd").iterdir()))
    asyncio.run(asked())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_body_given_up_that_is_not_answered_costs_the_process_and_not_the_next_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "_GRACE_SECONDS", 0.05)

    async def asked() -> None:
        parsing = other("fail")
        await parsing.start()
        assert await parsing.child.up()
        stalled = parsing.child.process_id or 0
        os.kill(stalled, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(parsing.parse(body()), 0.05)
        with pytest.raises(ParserFailedError, match="X at y"):
            (await asyncio.wait_for(parsing.parse(body()), 30))()
        assert parsing.restarts == 1
        await until(lambda: gone(stalled))
        await parsing.close()

    asyncio.run(asked())


@pytest.mark.parametrize("rounds", range(6))
def test_who_leaves_in_the_moment_a_process_comes_up_has_left(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    """However many rounds of the event loop lie between; else its errand would wait for ever on a stalled process."""
    monkeypatch.setattr(child, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)

    async def asked() -> None:
        parsing = other("dumb")
        await parsing.start()
        left = asyncio.create_task(parsing.parse(body()))
        await until(parsing._turn.locked)
        parsing.child._greeted()
        for _ in range(rounds):
            await asyncio.sleep(0)
        left.cancel()
        await asyncio.wait({left}, timeout=10)
        assert left.cancelled()
        assert not parsing._turn.locked()
        await parsing.close()

    asyncio.run(asked())


@pytest.mark.parametrize("error", [BlockingIOError, ConnectionResetError, OSError])
def test_what_cannot_be_sent_is_refused_and_no_fault(monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)

    def full(*_: object) -> int:
        raise error

    async def asked() -> None:
        parsing = other("fail")
        await parsing.start()
        with monkeypatch.context() as patch:
            patch.setattr("socket.send_fds", full)
            await overloaded(parsing.parse(body()))
        with pytest.raises(ParserFailedError):
            (await parsing.parse(body()))()
        await parsing.close()

    asyncio.run(asked())


def test_a_body_that_cannot_be_copied_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_content: bytes) -> int:
        raise OSError("no descriptor left")

    monkeypatch.setattr(parser, "memory_file", full)
    asyncio.run(overloaded(other("fail").parse(body())))


def test_without_a_process_all_who_wait_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_DOWN_SECONDS", 0.1)

    async def asked() -> float:
        parsing = Parser(("/nonexistent",))
        await parsing.start()
        began = time.monotonic()
        await asyncio.gather(*(overloaded(parsing.parse(body())) for _ in range(40)))
        await parsing.close()
        return time.monotonic() - began

    assert asyncio.run(asked()) < 2  # one after the other: 8 seconds


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
    assert (parsing.running, parsing.child.process_id) == (False, None)
