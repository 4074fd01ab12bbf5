from __future__ import annotations

import asyncio
import json
import socket

import pytest
import uvicorn

from service.web import server
from service.web.server import BoundedProtocol


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


def test_a_large_body_does_not_count_as_headers() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    assert exchange(head + b"x" * 100_000) == (200, b"ok")


@pytest.mark.parametrize(
    "begun", [(), (b"GET / HTTP/1.1\r\nHo",), (b"GET / HTTP/1.1\r\n", 0.05, b"A: b\r\n", 0.05, b"C: d\r\n")]
)
def test_headers_must_arrive_in_time(begun: tuple[bytes | float, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.2)
    assert exchange(*begun) == (0, b"")
