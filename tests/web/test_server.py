from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
import uvicorn

from service.web import server
from service.web.server import BoundedProtocol, with_patience


async def app(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def exchange(*pieces: bytes | float) -> tuple[int, dict | bytes]:
    """Status and body of the first answer to these pieces; (0, b"") when the connection closes without one."""

    async def talk() -> bytes:
        config = uvicorn.Config(app, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False, ws="none")
        running = uvicorn.Server(config)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            task = asyncio.create_task(running.serve(sockets=[listening]))
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            for piece in pieces:
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    writer.write(piece)
            answer = await asyncio.wait_for(reader.read(4096), 5)
            writer.close()
            running.should_exit = True
            await task
        return answer

    top, _, body = asyncio.run(talk()).partition(b"\r\n\r\n")
    if not top:
        return 0, b""
    return int(top.split()[1]), json.loads(body) if b"problem+json" in top else body


def test_a_request_passes() -> None:
    assert exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == (200, b"ok")
    assert exchange(b"GET / HT", 0.05, b"TP/1.1\r\nHo", 0.05, b"st: x\r\n\r\n") == (200, b"ok")


def test_what_is_not_http_gets_a_problem_document() -> None:
    status, document = exchange(b"hello\r\n\r\n")
    assert (status, document["code"], document["type"]) == (400, "malformed_request", "/v1/problems/malformed_request")


@pytest.mark.parametrize("lines", [b"X: " + b"x" * 70_000 + b"\r\n", b"X: y\r\n" * 20_000])
def test_large_headers_are_refused(lines: bytes) -> None:
    status, document = exchange(b"GET / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
    assert (status, document["code"]) == (431, "header_too_large")


def test_endless_headers_are_refused_before_they_end() -> None:
    pieces = [piece for _ in range(8) for piece in (b"x" * 10_000, 0.01)]
    status, document = exchange(b"GET / HTTP/1.1\r\nX: ", *pieces)
    assert (status, document["code"]) == (431, "header_too_large")


def test_what_is_refused_is_told_in_one_word(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.1)
    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        exchange(b"GET / HTTP/1.1\r\nX: " + b"canary" * 20_000 + b"\r\n\r\n")
        exchange(b"GET / HTTP/1.1\r\nX: canary")
    assert [record.getMessage() for record in caplog.records] == ["header_too_large", "header_timeout"]


async def many(connections: int, asked: int) -> list[bytes]:
    """What each of many connections at a time gets to hear; one of them has asked for what takes longer."""

    async def slow(scope, receive, send) -> None:
        await asyncio.sleep(0.3)
        await app(scope, receive, send)

    config = uvicorn.Config(slow, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False, ws="none")
    running = uvicorn.Server(config)
    heard = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(running.serve(sockets=[listening]))
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        opened = []
        for i in range(connections):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            if i == asked:
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await asyncio.sleep(0.02)
            opened.append((reader, writer))
        for reader, writer in opened:
            try:
                heard.append((await asyncio.wait_for(reader.read(4096), 0.5))[:12])
            except TimeoutError:
                heard.append(b"open")
            writer.close()
        running.should_exit = True
        await task
    return heard


def test_beyond_the_most_connections_the_longest_idle_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    assert asyncio.run(many(3, asked=0)) == [b"HTTP/1.1 200", b"", b"open"]
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 1)
    assert asyncio.run(many(2, asked=0)) == [b"HTTP/1.1 200", b""]


def test_a_large_body_does_not_count_as_headers() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    assert exchange(head + b"x" * 100_000) == (200, b"ok")


@pytest.mark.parametrize(
    "begun", [(), (b"GET / HTTP/1.1\r\nHo",), (b"GET / HTTP/1.1\r\n", 0.05, b"A: b\r\n", 0.05, b"C: d\r\n")]
)
def test_headers_must_arrive_in_time(begun: tuple[bytes | float, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.2)
    assert exchange(*begun) == (0, b"")


PIECE = b"x" * 65_536


async def endless(scope, receive, send, ended: list[str]) -> None:
    """Sends until the client is gone, as streams do, and says how it ended."""

    async def stream() -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            await asyncio.sleep(0)

    streaming = asyncio.create_task(stream())
    while (await receive())["type"] != "http.disconnect":
        pass
    streaming.cancel()
    ended.append("gone")


async def read_for(seconds: float, pause: float) -> tuple[list[str], int]:
    """How the stream ended for a reader that begins, reads a piece every ``pause`` and is stays ``seconds``."""
    ended: list[str] = []

    async def served(scope, receive, send) -> None:
        await endless(scope, receive, send, ended)

    protocol = with_patience(0.3)
    config = uvicorn.Config(served, http=protocol, lifespan="off", log_config=None, access_log=False, ws="none")
    running = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(running.serve(sockets=[listening]))
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        loop, read = asyncio.get_running_loop(), 0
        with socket.socket() as client:
            client.setblocking(False)
            await loop.sock_connect(client, listening.getsockname())
            await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            end = loop.time() + seconds
            while not ended and loop.time() < end:
                read += len(await loop.sock_recv(client, 1 << 20)) if pause < 1 else 0
                await asyncio.sleep(min(pause, 0.05))
            found = list(ended)
        running.should_exit = True
        await task
    return found, read


def test_a_reader_that_takes_nothing_is_gone() -> None:
    assert asyncio.run(read_for(30.0, 1.0)) == (["gone"], 0)


def test_a_slow_reader_is_waited_for() -> None:
    found, read = asyncio.run(read_for(2.0, 0.05))
    assert found == []
    assert read > 3_000_000


def test_a_buffer_that_shrinks_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    class Transport:
        def __init__(self) -> None:
            self.sizes = [90, 80, 80]

        def get_write_buffer_size(self) -> int:
            return self.sizes.pop(0)

        def abort(self) -> None:
            looked.append("abort")

    monkeypatch.setattr(BoundedProtocol, "__init__", lambda _self: None)
    monkeypatch.setattr(BoundedProtocol, "_watch", lambda _self, waiting: looked.append(str(waiting)))
    protocol = BoundedProtocol()
    protocol.transport, protocol.logger = Transport(), logging.getLogger("uvicorn.error")
    for before in (100, 90, 80):
        protocol._look(before)
    assert looked == ["90", "80", "abort"]
