from __future__ import annotations

import asyncio
import json

import pytest
from uvicorn.server import ServerState

from service.web import server
from service.web.server import BoundedProtocol
from tests.web.talking import Wire, protocol, settle, statuses


async def app(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


CHUNKED = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


async def reading(scope, receive, send) -> None:
    """Never answers."""
    while (await receive())["type"] != "http.disconnect":
        pass


def wired(*pieces: bytes, served=reading) -> tuple[BoundedProtocol, Wire]:
    """A connection after these pieces, and what it wrote."""

    async def talk() -> tuple[BoundedProtocol, Wire]:
        made, wire = protocol(served)
        for piece in pieces:
            made.data_received(piece)
            await settle()
        made.connection_lost(ConnectionResetError())
        await settle()
        return made, wire

    return asyncio.run(talk())


@pytest.mark.parametrize(
    "trailers",
    [[b"a:\r\n" * 1000] * 3, [b"a:\r\n" * 3000], [b"x" * 10_000] * 7, [b"x: ", *[b"y" * 10_000] * 7]],
    ids=["many", "at once", "an endless name", "an endless value"],
)
def test_trailers_are_bounded_and_no_headers(trailers: list[bytes]) -> None:
    made, wire = wired(CHUNKED + b"1\r\nx\r\n0\r\n", *trailers)
    assert (statuses(wire), wire.closed) == ([431], True)
    assert made.scope["headers"] == [(b"host", b"a"), (b"transfer-encoding", b"chunked")]


def test_trailers_within_the_bounds_are_forgotten() -> None:
    made, wire = wired(CHUNKED + b"1\r\nx\r\n0\r\nexpires: never\r\nhost: b\r\n\r\n")
    assert (statuses(wire), wire.closed, made.cycle.more_body) == ([], False, False)
    assert made.scope["headers"] == [(b"host", b"a"), (b"transfer-encoding", b"chunked")]


def test_chunks_may_come_in_any_number_of_pieces() -> None:
    made, wire = wired(CHUNKED, *[b"1;", b"e=%b\r\n" % (b"f" * 200), b"x", b"\r\n"] * 400)
    assert (wire.closed, made.cycle.more_body) == (False, True)


async def refusing(scope, receive, send) -> None:
    """Answers at once and reads on, as an exchange does for a body that was refused."""
    headers = [(b"content-length", b"2"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": b"no", "more_body": True})
    while (await receive()).get("more_body"):
        pass


def test_who_has_an_answer_and_still_sends_is_closed_before_who_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)
    state = ServerState()

    async def connected(served, length: int) -> BoundedProtocol:
        made, _ = protocol(served, state)
        made.data_received(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % length)
        await settle()
        return made

    async def talk() -> list[list[str]]:
        made = {
            "idle": await connected(app, 0),
            "busy": await connected(reading, 9),
            "answered": await connected(refusing, 9),
        }
        closed = []
        for name in ("first", "second", "third"):
            made[name] = await connected(reading, 9)
            closed.append([name for name, found in made.items() if found.transport.is_closing()])
            for ended in closed[-1]:
                made.pop(ended).connection_lost(None)
        for found in made.values():
            found.connection_lost(None)
        await settle()
        return closed

    assert asyncio.run(talk()) == [["answered"], ["idle"], ["third"]]


def test_what_never_reached_the_application_has_the_headers_of_every_answer() -> None:
    for piece, status in ((b"hello\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431)):
        head, _, body = wired(piece)[1].written.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        document = json.loads(body)
        assert int(line.split()[1]) == document["status"] == status
        assert headers["x-request-id"] == document["instance"] != ""
        assert int(headers["content-length"]) == len(body)
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_refusal_is_not_written_into_an_answer() -> None:
    body = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"
    _, wire = wired(body, b"not a chunk\r\n", served=refusing)
    assert (statuses(wire), wire.closed) == ([401], True)


def test_a_late_head_does_not_cut_an_answer_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.0)
    made, wire = wired(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", b"GET / HT")
    assert (wire.closed, made.is_dropping()) == (False, True)
