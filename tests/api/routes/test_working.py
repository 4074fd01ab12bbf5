from __future__ import annotations

import asyncio
import gc
import gzip
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from prometheus_client import CollectorRegistry

from service.api.limits import Limits
from service.api.parsing.parser import Body, Parser
from service.api.placement import Placement
from service.api.reading.media import ARROW, Reader
from service.api.routes.working import MOST_COLUMNS, Desk, worked, worked_here
from service.api.tally import Labels, Tally
from service.api.wire.columns import BinaryArray
from service.web.body import Held
from service.web.problems import ProblemError
from tests.api.reading.streams import stream

READER: Reader[bytes] = Reader(b",", (), lambda body, _query: bytes(body))


class Elsewhere:
    """Stands in for the parsing process."""

    running = True

    async def parse(self, body: Body) -> Callable[[], tuple[bytes, str]]:
        return lambda: (b"elsewhere, " + body.encoding.encode(), "")


async def stays() -> dict[str, str]:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


def read(
    content: bytes,
    encoding: str = "identity",
    *,
    running: bool = True,
    limits: Limits | None = None,
    reader: Reader[Any] = READER,
    media_type: str = "application/json",
) -> str:
    """Where and as what a body was read."""
    parser: Any = Elsewhere()
    parser.running = running
    placement, tally = Placement(1, 1, 10), Tally(CollectorRegistry(), Labels((), (), (), (), ()))
    desk = Desk(limits or Limits(), placement, parser, Held(1 << 30), tally, 0, 0.0, 0.001)
    body = Body(bytearray(content), msgspec.Struct, "/", media_type, encoding, {})
    answer = lambda found: f"{threading.current_thread().name[:7]}: {found[0][:20].decode(errors='replace')}".encode()
    told = asyncio.run(placement.run(lambda place: worked(desk, place, reader, body, answer), stays))
    placement.close()
    return told.decode()


LONG = b"1," * 100_000


def test_short_bodies_are_read_by_a_thread_and_long_ones_by_the_process() -> None:
    assert read(b"1,2,3") == "compute: 1,2,3"
    assert read(LONG) == "compute: elsewhere, identity"
    assert read(LONG, running=False) == f"compute: {LONG[:20].decode()}"


def test_of_arrow_numbers_are_read_by_a_thread_and_many_names_by_the_process() -> None:
    many = 20_000
    numbers, names = pa.array(range(many)), pa.array(["a", "b"] * (many // 2))
    ways = [read(stream({"x": column}), media_type=ARROW)[:18] for column in (numbers, names, names[:1000])]
    assert [way.removeprefix("compute: ")[:9] == "elsewhere" for way in ways] == [False, True, False]


def test_a_compressed_body_is_judged_by_what_it_holds() -> None:
    assert read(gzip.compress(b"1,2,3"), "gzip") == "compute: 1,2,3"
    assert read(gzip.compress(LONG), "gzip") == "compute: elsewhere, identity"
    assert read(gzip.compress(b" " * 300_000), "gzip") == "compute: elsewhere, gzip"
    assert read(gzip.compress(LONG), "gzip", running=False) == f"compute: {LONG[:20].decode()}"


def test_what_cannot_be_inflated_is_refused_at_once() -> None:
    for content, limits, code in (
        (b"no gzip", None, "corrupt_encoding"),
        (gzip.compress(b"1,2,3,4"), Limits(max_values=2), "too_many_numbers"),
    ):
        with pytest.raises(ProblemError, match=code):
            read(content, "gzip", limits=limits)


def test_a_refusal_lets_go_of_what_was_decoded() -> None:
    class Large:
        """Something that can be watched."""

    watched = []

    def refuse(_body: Any, _query: Any) -> Any:
        large = Large()
        watched.append(weakref.ref(large))
        problem = ProblemError("invalid_request", f"{large is None}")
        raise problem

    reader: Reader[Any] = Reader(b",", (), refuse)
    gc.disable()
    try:
        with pytest.raises(ProblemError, match="invalid_request"):
            read(b"1,2", reader=reader)
        assert watched[0]() is None
    finally:
        gc.enable()


class Answers(msgspec.Struct):
    """A request of as many columns as arms."""

    arms: dict[str, list[float | None] | BinaryArray]


@dataclass
class Job:
    work: float
    thread: str


def where(n_columns: int, work: float, *, slow: bool = False) -> list[str]:
    """Where a small body went into the core, and where it was computed."""
    placement, tally = Placement(1, 1, 10), Tally(CollectorRegistry(), Labels((), (), (), (), ()))
    desk = Desk(Limits(), placement, Parser(), Held(1 << 30), tally, 1 << 14, 10.0, 0.001)
    sent = Answers({str(i): [1.0] for i in range(n_columns)})

    def here() -> str:
        return threading.current_thread().name[:7]

    def answer(job: Any) -> bytes:
        return f"{job.thread} {here()}".encode()

    async def asked() -> bytes:
        return await worked_here(desk, lambda: (sent, ""), lambda _found: Job(work, here()), answer, stays, slow=slow)

    told = asyncio.run(asked())
    placement.close()
    return told.decode().split()


def test_a_small_body_is_computed_on_the_event_loop_when_that_is_quick() -> None:
    assert where(MOST_COLUMNS, 10.0) == ["MainThr", "MainThr"]
    assert where(MOST_COLUMNS, 11.0) == ["MainThr", "compute"]


def test_what_is_slow_to_render_is_not_on_the_event_loop_however_small_it_is() -> None:
    assert where(1, 1.0, slow=True) == ["compute", "compute"]


def test_a_small_body_of_many_columns_goes_into_the_core_in_a_thread() -> None:
    assert where(MOST_COLUMNS + 1, 10.0) == ["compute", "compute"]
