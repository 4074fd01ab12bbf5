"""Clients and networks that misbehave, against the service on a real socket: it answers, refuses or lets go in time."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Awaitable, Callable

import pytest

from service.api.limits import Limits
from service.api.parsing import child
from service.web import server
from service.web.compression import zstd_module
from tests.acceptance.talk import request
from tests.api.parsing.test_child import other_command
from tests.api.standin import service
from tests.load.proxy import NONE, Fault, proxied
from tests.load.served import Connection, connected, served, until

CANARY = b"canary7919"
LIMITS = Limits(body_idle_seconds=0.2, body_seconds=0.6, deadline_seconds=0.5, max_inflated_bytes=1 << 20)
SMALL = json.dumps({"numbers": [1, 2.5]}).encode()
BODY = json.dumps({"numbers": [791979197.0] * 20_000}).encode()
HEAD = len(request("POST", "/v1/sums", BODY)) - len(BODY)


def lived_through(told: list[bytes], client: Callable[[int], Awaitable[None]], **settings: float) -> None:
    """Run a client against the service; afterwards it holds nothing, answers probes, and has told no content."""

    async def run() -> None:
        app = service(LIMITS, log=told.append, parse_process=False, **settings)
        async with served(app) as port:
            await client(port)
            await until(lambda: app.held.bytes == 0 and app.placement.occupied == 0)
            probe = await connected(port)
            assert [(await probe.ask("GET", f"/{name}")).status for name in ("livez", "readyz")] == [200, 200]
            assert (await probe.ask("POST", "/v1/sums", SMALL)).json["total"] == 3.5
            await probe.close()

    asyncio.run(run())
    assert not any(CANARY in line or b"791979197" in line for line in told)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.4)


@pytest.mark.parametrize(
    ("up", "down", "status"),
    [
        (Fault(piece=1), Fault(piece=1), 200),
        (Fault(seconds=0.05), Fault(seconds=0.05), 200),
        (Fault(piece=20, seconds=0.1), NONE, None),
        (Fault(after=HEAD - 5, end="stall"), NONE, None),
        (Fault(after=HEAD + 10_000, end="stall"), NONE, 408),
        (Fault(piece=3_000, seconds=0.1), NONE, 408),
        (Fault(after=HEAD + 10_000), NONE, None),
        (Fault(after=HEAD + 10_000, end="reset"), NONE, None),
        (Fault(after=HEAD + 10_000, end="half_close"), NONE, None),
        (NONE, Fault(after=0), None),
        (NONE, Fault(after=30, end="reset"), None),
        (NONE, Fault(after=30, end="half_close"), None),
    ],
    ids=lambda fault: (
        fault if not isinstance(fault, Fault) else f"{fault.piece}-{fault.seconds}-{fault.after}-{fault.end}"
    ),
)
def test_a_bad_network(up: Fault, down: Fault, status: int | None) -> None:
    async def client(port: int) -> None:
        async with proxied(port, up, down) as through:
            connection = await connected(through)
            body = SMALL if up.piece == 1 else BODY
            try:
                found = (await asyncio.wait_for(connection.ask("POST", "/v1/sums", body), 5)).status
            except ConnectionError:
                found = None
            await connection.close()
            assert found == status

    lived_through([], client)


def test_a_client_who_leaves_while_it_waits_gives_its_place_back() -> None:
    told: list[bytes] = []

    async def client(port: int) -> None:
        slow = json.dumps({"numbers": [791979197], "seconds": 0.3, "work": 1e9}).encode()
        waiting = [await connected(port) for _ in range(3)]
        for connection in waiting:
            connection.writer.write(request("POST", "/v1/sums", slow))
        await asyncio.sleep(0.1)
        for connection in waiting:
            await connection.close()

    lived_through(told, client, threads=1, queue=2)
    assert sum(json.loads(line)["status"] == 499 for line in told) == 3


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_refused_with_nothing_kept(encoding: str) -> None:
    content = b" " * (50 << 20)
    bomb = gzip.compress(content, 1) if encoding == "gzip" else zstd_module().compress(content)

    async def client(port: int) -> None:
        connection = await connected(port)
        reply = await connection.ask("POST", "/v1/sums", bomb, Content_Encoding=encoding)
        assert (reply.status, reply.json["code"]) == (413, "body_too_large")
        await connection.close()

    lived_through([], client)


def test_large_headers_are_refused_and_told_in_one_word(caplog: pytest.LogCaptureFixture) -> None:
    async def client(port: int) -> None:
        connection = await connected(port)
        connection.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + CANARY * 20_000 + b"\r\n\r\n")
        reply = await connection.hear()
        assert (reply.status, reply.json["code"]) == (431, "header_too_large")
        await connection.close()

    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        lived_through([], client)
    assert [record.getMessage() for record in caplog.records] == ["header_too_large"]


def test_bodies_beyond_the_room_for_them_are_refused_and_the_others_answered() -> None:
    async def client(port: int) -> None:
        first, second = await connected(port), await connected(port)
        first.writer.write(request("POST", "/v1/sums", BODY)[:-1])
        await asyncio.sleep(0.05)
        refused = await second.ask("POST", "/v1/sums", BODY)
        assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (503, "overloaded", "1")
        first.writer.write(b"}")
        assert (await first.hear()).status == 200
        for connection in (first, second):
            await connection.close()

    lived_through([], client, held_body_bytes=len(BODY) + 10)


def test_clients_who_leave_their_bodies_with_a_stalled_parser_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each keeps its place and its bytes until its body is over; then there is another parser, and room."""
    monkeypatch.setattr(child, "_GRACE_SECONDS", 0.2)
    monkeypatch.setattr(child, "_PAUSE_SECONDS", 0.01)
    app = service(LIMITS, parse_process=False, thread_parse_seconds=0.0, threads=1, queue=3, inline_body_bytes=0)
    stalling = app.parser.child
    stalling._command = other_command("stall")
    leaving, seen = 12, []

    async def run() -> None:
        async with served(app) as port:
            stalling.start()
            assert await stalling.up()
            for _ in range(leaving):
                connection = await connected(port)
                connection.writer.write(request("POST", "/v1/sums", BODY))
                await asyncio.sleep(0.03)
                await connection.close()
                seen.append((app.placement.occupied, app.held.bytes))
            await until(lambda: app.held.bytes == 0 and app.placement.occupied == 0)
            await app.parser.close()

    asyncio.run(run())
    assert max(occupied for occupied, _ in seen) <= 4
    assert seen[0] == (1, len(BODY))
    assert stalling.restarts >= 1


async def asked_again(connection: Connection) -> None:
    """Two requests in one piece: the second waits for the first."""
    connection.writer.write(2 * request("POST", "/v1/sums", SMALL))
    for _ in range(2):
        assert (await connection.hear()).status == 200
    await connection.close()


def test_requests_that_do_not_wait_for_answers_are_answered_in_order() -> None:
    async def client(port: int) -> None:
        await asked_again(await connected(port))

    lived_through([], client)
