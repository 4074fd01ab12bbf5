"""What we add around a bare litestar handler with structs: CPU per request in this process, without a socket.

Both sum twenty numbers. The bare one is litestar's own way, ``data: Struct`` in and a struct out; ours is a computing
path with everything that any request gets: telemetry, limits, strict decoding, duplicate keys, digest, placement.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import msgspec
from litestar import Litestar, post

from service.api.app import Parts, create_service
from service.api.routes.computation import Computation, Steps
from service.api.settings import read_settings
from service.api.wire.facts import Finished


class Sums(msgspec.Struct, forbid_unknown_fields=True):
    numbers: list[float]
    name: str = "sum"


class Total(msgspec.Struct):
    total: float
    digest: str = ""


@dataclass(frozen=True)
class Job:
    asked: Sums
    digest: str
    work: float = 1.0


@post("/bare", status_code=200)
async def bare(data: Sums) -> Total:
    return Total(sum(data.numbers))


def summing() -> Computation[Sums, Job]:
    encode = msgspec.json.Encoder().encode
    steps = Steps(
        request=Sums,
        to_core=lambda asked, digest, _bounds: Job(asked, digest),
        run=lambda job: Finished(encode(Total(sum(job.asked.numbers), job.digest))),
        validated=lambda _job: b"{}",
        answer=Total,
        validation=Total,
    )
    return Computation(path="/v1/sums", name="sum", title="A sum", steps=lambda: steps)


BODY = json.dumps({"numbers": [x / 4 for x in range(20)], "name": "twenty"}).encode()


async def request(app: Any, path: str, body: bytes = BODY) -> int:
    """The status of one POST."""
    headers = [(b"host", b"h"), (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return int(statuses[0])


async def seconds(call: Callable[[], Awaitable[int]], requests: int) -> float:
    since = time.process_time_ns()
    for _ in range(requests):
        if await call() != 200:
            raise RuntimeError("not answered")
    return (time.process_time_ns() - since) / requests / 1e9


async def both(rounds: int, requests: int) -> list[tuple[float, float]]:
    theirs = Litestar([bare], openapi_config=None, logging_config=None)
    ours = create_service(read_settings(os.environ), Parts((summing(),), write_log=None)).asgi
    taken = []
    for _ in range(rounds + 1):
        of_bare = await seconds(lambda: request(theirs, "/bare"), requests)
        taken.append((of_bare, await seconds(lambda: request(ours, "/v1/sums"), requests)))
    return taken[1:]


def added(rounds: int = 9, requests: int = 500) -> tuple[float, float, float]:
    """Median CPU seconds of a request to the bare handler and to ours, and the median share that ours adds."""
    taken = asyncio.run(both(rounds, requests))
    return median(a for a, _ in taken), median(b for _, b in taken), median(b / a - 1 for a, b in taken)


def main() -> None:
    theirs, ours, share = added()
    print(f"bare {1e6 * theirs:.0f} us, ours {1e6 * ours:.0f} us, added {100 * share:.0f} %")


if __name__ == "__main__":
    sys.exit(main())
