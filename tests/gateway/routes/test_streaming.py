from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from service.gateway.routes.streaming import NDJSON, SSE, streamed
from service.gateway.wire.records import ProgressRecord, Record

RECORD = ProgressRecord(1, 2, 3.0, None, 4)


async def endless(closed: list[bool]) -> AsyncGenerator[Record, None]:
    try:
        while True:
            yield RECORD
            await asyncio.sleep(0)
    finally:
        closed.append(True)


async def served(media_type: str, *, leave_after: float) -> tuple[list[dict], list[bool]]:
    sent, closed = [], []

    async def receive() -> dict:
        await asyncio.sleep(leave_after)
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        sent.append(message)
        await asyncio.sleep(0.001)

    await streamed(endless(closed), media_type)({"type": "http", "headers": []}, receive, send)
    return sent, closed


def test_a_client_that_leaves_closes_the_records() -> None:
    sent, closed = asyncio.run(served(NDJSON, leave_after=0.05))
    assert closed == [True]
    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b'{"type":"progress","done":1,"total":2,"rate":3.0,"usd":null,"tokens":4}\n'


def test_events_have_name_and_position() -> None:
    sent, _ = asyncio.run(served(SSE, leave_after=0.05))
    assert sent[1]["body"].startswith(b"event: progress\nid: 0\ndata: {")
    assert sent[2]["body"].startswith(b"event: progress\nid: 1\n")
    assert sent[2]["body"].endswith(b"}\n\n")


def test_nothing_is_kept_by_caches_or_held_back_by_proxies() -> None:
    sent, _ = asyncio.run(served(NDJSON, leave_after=0.01))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["content-type"] == "application/x-ndjson"


def test_the_end_is_told_once_also_where_nothing_could_be_sent() -> None:
    ended: list[str] = []

    async def answered(send) -> None:
        async def receive() -> dict:
            return {"type": "http.disconnect"}

        response = streamed(endless([]), NDJSON, ended=lambda: ended.append("ended"))
        await response({"type": "http", "headers": []}, receive, send)

    async def taken(_message: dict) -> None:
        await asyncio.sleep(0)

    async def refused(_message: dict) -> None:
        raise OSError("refused")

    asyncio.run(answered(taken))
    assert ended == ["ended"]
    with pytest.raises(OSError, match="refused"):
        asyncio.run(answered(refused))
    assert ended == ["ended"] * 2
