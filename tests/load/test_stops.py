"""Processes that are stopped and killed while requests are under way."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from tests.load.process import Tree, running
from tests.load.served import connected
from tests.load.studies import asked
from tests.load.traffic import Seen, closed_loop, exchanged, mixed

pytestmark = pytest.mark.slow


async def until_refused(port: int, seen: Seen, clients: int = 8) -> None:
    """Clients that ask, and ask again on new connections when theirs is closed, until nobody is there."""

    async def client(seed: int) -> None:
        studies = mixed(seed)
        try:
            connection = await connected(port)
            while True:
                if not await exchanged(connection, next(studies), seen):
                    await connection.close()
                    connection = await connected(port)
        except OSError:
            return

    await asyncio.gather(*map(client, range(clients)))


async def stopped_under_load(tree: Tree, seen: Seen) -> None:
    asking = asyncio.create_task(until_refused(tree.port, seen))
    await asyncio.sleep(3)
    tree.process.terminate()
    await asyncio.wait_for(asking, 40)


def test_every_request_that_was_taken_is_answered_when_the_service_is_stopped() -> None:
    seen = Seen()
    with running() as tree:
        asyncio.run(stopped_under_load(tree, seen))
        assert tree.process.wait(20) == 0
    print(dict(seen.statuses), "lost", seen.lost)
    assert seen.lost == 0
    assert seen.wrong == 0
    assert set(seen.statuses) <= {200, 503}
    assert seen.statuses[200] > 10


async def back_after(tree: Tree, size: str, kill) -> tuple[float, Seen, Seen]:
    """Seconds from a kill under load to the next right answer to a request of this size; what was seen until then."""
    under_way, seen = Seen(), Seen()
    load = asyncio.create_task(closed_loop(tree.port, 4, None, 3.0, under_way))
    await asyncio.sleep(1)
    kill()
    began = time.monotonic()
    while seen.statuses[200] == 0:
        connection = await connected(tree.port)
        await exchanged(connection, asked(size), seen)
        await connection.close()
        await asyncio.sleep(0.05)
    seconds = time.monotonic() - began
    await load
    return seconds, under_way, seen


def test_a_killed_worker_is_back_within_two_seconds() -> None:
    with running() as tree:
        first = tree.worker().pid
        seconds, under_way, seen = asyncio.run(back_after(tree, "small", tree.worker().kill))
        print(f"worker back after {seconds:.2f} s; lost {under_way.lost}")
        assert tree.worker().pid != first
    assert under_way.wrong + seen.wrong == 0
    assert under_way.lost <= 4
    assert set(under_way.statuses) <= {200, 503}
    assert seconds < 2


def test_a_killed_parsing_process_is_back_within_two_seconds_and_loses_nothing() -> None:
    with running() as tree:
        asyncio.run(closed_loop(tree.port, 1, 200, math.inf, Seen()))
        parser = tree.parser()
        assert parser is not None
        seconds, under_way, seen = asyncio.run(back_after(tree, "large", parser.kill))
        print(f"parsing process back after {seconds:.2f} s; {dict(under_way.statuses)}")
        assert tree.parser() != parser
    assert under_way.wrong + seen.wrong == 0
    assert under_way.lost + seen.lost == 0
    assert set(under_way.statuses) <= {200, 503}
    assert seconds < 2
