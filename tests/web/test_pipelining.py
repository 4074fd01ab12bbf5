from __future__ import annotations

import asyncio
import socket

import pytest
import uvicorn

from service.web.pipelining import MAX_PIPELINED
from service.web.server import BoundedProtocol
from tests.web.talking import protocol, settle, statuses

POST = b"POST /run HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"
GET = b"GET /second HTTP/1.1\r\nhost: a\r\n\r\n"
SECOND = b"POST /second HTTP/1.1\r\nhost: a\r\n"
WITH_BODY = SECOND + b"content-length: 3\r\n\r\nabc"
CHUNKED = SECOND + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
LONG = SECOND + b"content-length: 16385\r\n\r\nabc"


class Runs:
    """An application whose first answer waits for a sign, and what it saw."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.sign, self.left = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        path = scope["path"]
        while (await receive())["more_body"]:
            pass
        if path == "/run":
            gone, sign = asyncio.create_task(receive()), asyncio.create_task(self.sign.wait())
            await asyncio.wait((gone, sign), return_when=asyncio.FIRST_COMPLETED)
            sign.cancel()
            if gone.done():
                self.seen.append(f"{path} {gone.result()['type']}")
                self.left.set()
                return
            gone.cancel()
        self.seen.append(path)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    "more", [(), (GET,), (GET, GET), (WITH_BODY,), (CHUNKED,), (LONG,), (b"hello\r\n\r\n",), (b"GET / HT",)]
)
def test_a_request_hears_that_its_client_left_whatever_was_sent_after_it(more: tuple[bytes, ...]) -> None:
    async def talk() -> list[str]:
        runs = Runs()
        made, _ = protocol(runs)
        for piece in (POST, *more):
            made.data_received(piece)
            await settle()
        made.connection_lost(ConnectionResetError())
        await settle()
        return runs.seen

    assert asyncio.run(talk()) == ["/run http.disconnect"]


def test_a_client_that_leaves_is_heard_over_a_socket() -> None:
    async def talk() -> list[str]:
        runs = Runs()
        config = uvicorn.Config(
            runs, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False, ws="none"
        )
        running = uvicorn.Server(config)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            task = asyncio.create_task(running.serve(sockets=[listening]))
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            _, writer = await asyncio.open_connection(*listening.getsockname())
            for piece in (POST, GET):
                writer.write(piece)
                await asyncio.sleep(0.1)
            writer.close()
            await asyncio.wait_for(runs.left.wait(), 5)
            runs.sign.set()
            running.should_exit = True
            await task
        return runs.seen

    assert asyncio.run(talk()) == ["/run http.disconnect"]


async def answered(*pieces: bytes) -> tuple[list[int], list[str], bool, bool]:
    """Statuses, paths, whether the connection was closed at the end, whether it was read all the time."""
    runs = Runs()
    made, wire = protocol(runs)
    for piece in pieces:
        made.data_received(piece)
        await settle()
    read = wire.reading
    runs.sign.set()
    await settle()
    closed = wire.closed
    made.connection_lost(None)
    await settle()
    return statuses(wire), runs.seen, closed, read


def test_small_requests_are_answered_in_their_turn() -> None:
    assert asyncio.run(answered(POST + WITH_BODY * 2)) == ([200] * 3, ["/run", "/second", "/second"], False, True)
    half = SECOND + b"content-length: 8192\r\n\r\n" + b"x" * 8192
    assert asyncio.run(answered(POST + half * 3)) == ([200] * 3, ["/run", "/second", "/second"], True, True)
    most = MAX_PIPELINED - 1
    assert asyncio.run(answered(POST, GET, GET)) == ([200] * 3, ["/run", "/second", "/second"], False, True)
    assert asyncio.run(answered(POST + GET * most)) == ([200] * (most + 1), ["/run", *["/second"] * most], False, True)


@pytest.mark.parametrize("more", [CHUNKED, LONG])
@pytest.mark.parametrize("behind", [GET, b"hello\r\n\r\n", b"x" * 300_000])
def test_a_large_body_before_its_turn_ends_the_connection_behind_the_answer(more: bytes, behind: bytes) -> None:
    expected = ([200], ["/run"], True, True)
    assert asyncio.run(answered(POST, more, behind)) == expected
    assert asyncio.run(answered(POST + more + behind)) == expected


def test_too_many_requests_before_their_turn_end_the_connection_behind_the_last_that_was_taken() -> None:
    found = asyncio.run(answered(POST, *[GET] * (MAX_PIPELINED + 5)))
    assert found == ([200] * MAX_PIPELINED, ["/run", *["/second"] * (MAX_PIPELINED - 1)], True, True)


def test_what_is_not_http_does_not_cut_an_answer_short() -> None:
    assert asyncio.run(answered(POST, b"hello\r\n\r\n")) == ([200], ["/run"], True, True)
    assert asyncio.run(answered(POST, GET + b"hello\r\n\r\n")) == ([200] * 2, ["/run", "/second"], True, True)
