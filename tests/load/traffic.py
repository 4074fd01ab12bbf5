"""Traffic: clients that ask as fast as they are answered, and arrivals that do not wait for anybody."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import quantiles

from tests.load.served import Connection, connected
from tests.load.studies import MIX, PATH, Asked, asked

STUDIES = 5


@dataclass
class Seen:
    """What became of many requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: int = 0
    lost: int = 0
    hasty: int = 0

    def note(self, sent: Asked, status: int, headers: dict[str, str], body: bytes, seconds: float) -> None:
        """Count one answer; a 200 must be right byte for byte, a 503 must say when to come back."""
        self.statuses[status] += 1
        if status == 200:
            self.seconds[sent.size].append(seconds)
            self.wrong += body != sent.answer
        self.hasty += status == 503 and not headers.get("retry-after", "").isdecimal()


def mixed(seed: int = 1, mix: Sequence[str] = MIX) -> Iterator[Asked]:
    """Requests of the mix, endlessly, several studies of each size."""
    studies = {size: [asked(size, i) for i in range(STUDIES)] for size in set(mix)}
    rng = random.Random(seed)
    order = [rng.choice(studies[size]) for size in mix * 10]
    rng.shuffle(order)
    return cycle(order)


async def exchanged(connection: Connection, sent: Asked, seen: Seen) -> bool:
    """One request on a kept connection; whether the connection goes on."""
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        reply = await connection.ask("POST", PATH, sent.body)
    except ConnectionError:
        seen.lost += 1
        return False
    seen.note(sent, reply.status, reply.headers, reply.body, clock() - began)
    return "close" not in reply.headers.get("connection", "")


async def closed_loop(port: int, clients: int, requests: int | None, seconds: float, seen: Seen) -> float:
    """So many clients, each asking again when it is answered; the seconds it took."""
    clock = asyncio.get_running_loop().time
    began = clock()
    left, studies = [requests if requests is not None else 1 << 62], mixed()

    async def client() -> None:
        connection = await connected(port)
        while left[0] > 0 and clock() - began < seconds:
            left[0] -= 1
            if not await exchanged(connection, next(studies), seen):
                await connection.close()
                connection = await connected(port)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return clock() - began


async def open_loop(port: int, rate: float, seconds: float, seen: Seen, most: int = 400) -> None:
    """So many arrivals per second, whatever the answers; at most ``most`` at a time, as a load balancer would have."""
    clock = asyncio.get_running_loop().time
    began, studies, rng = clock(), mixed(2), random.Random(3)
    kept: list[Connection] = []
    running: set[asyncio.Task[None]] = set()

    async def arrival(sent: Asked) -> None:
        connection = kept.pop() if kept else await connected(port)
        if await exchanged(connection, sent, seen):
            kept.append(connection)
        else:
            await connection.close()

    due = began
    while due < began + seconds:
        due += rng.expovariate(rate)
        if (wait := due - clock()) > 0:
            await asyncio.sleep(wait)
        if len(running) < most:
            task = asyncio.create_task(arrival(next(studies)))
            running.add(task)
            task.add_done_callback(running.discard)
    while running:
        await asyncio.wait(set(running))
    for connection in kept:
        await connection.close()


async def one_by_one(port: int, sent: Asked, count: int, pause: float = 0.0) -> list[float]:
    """Seconds of so many requests, one after the other."""
    clock, found, seen = asyncio.get_running_loop().time, [], Seen()
    connection = await connected(port)
    for _ in range(count):
        began = clock()
        assert await exchanged(connection, sent, seen)
        found.append(clock() - began)
        await asyncio.sleep(pause)
    await connection.close()
    assert seen.statuses == {200: count}
    assert seen.wrong == 0
    return found


def percentile(values: Sequence[float], share: int) -> float:
    """The value that so many per cent are not above, in milliseconds."""
    return 1e3 * quantiles(values, n=100, method="inclusive")[share - 1]
