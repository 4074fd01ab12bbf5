from __future__ import annotations

import asyncio

import pytest

from tests.web.talking import protocol, settle, statuses

OFFER = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
HOST = b"host: a\r\n"
NEXT = b"GET /next HTTP/1.1\r\nhost: a\r\n\r\n"


def served(*pieces: bytes) -> tuple[list[int], list[tuple[str, str, bytes]], bool]:
    """Statuses, what the application was asked, and whether the connection was closed."""
    asked = []

    async def app(scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message["body"], message["more_body"]
        asked.append((scope["method"], scope["path"], body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def talk() -> tuple[list[int], bool]:
        made, wire = protocol(app)
        for piece in pieces:
            made.data_received(piece)
            await settle()
        closed = wire.closed
        made.connection_lost(None)
        await settle()
        return statuses(wire), closed

    found, closed = asyncio.run(talk())
    return found, asked, closed


@pytest.mark.parametrize("offer", [OFFER, b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n"])
@pytest.mark.parametrize(
    ("framing", "body"),
    [(b"content-length: 5\r\n", b"hello"), (b"transfer-encoding: chunked\r\n", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")],
)
@pytest.mark.parametrize("cut", ["nowhere", "behind the head", "everywhere"])
def test_a_request_that_offers_another_protocol_is_served_as_it_is(
    offer: bytes, framing: bytes, body: bytes, cut: str
) -> None:
    head = b"POST /a HTTP/1.1\r\n" + HOST + offer + framing + b"\r\n"
    whole = head + body
    pieces = {
        "nowhere": [whole + NEXT] if framing.startswith(b"t") else [whole, NEXT],
        "behind the head": [head, body, NEXT],
        "everywhere": [*(whole[i : i + 1] for i in range(len(whole))), NEXT],
    }[cut]
    assert served(*pieces) == ([200, 200], [("POST", "/a", b"hello"), ("GET", "/next", b"")], False)


def test_a_body_is_never_the_next_request() -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n"
    head = b"POST /a HTTP/1.1\r\n" + HOST + OFFER + b"content-length: %d\r\n\r\n" % len(hidden)
    for pieces in ((head + hidden,), (head, hidden)):
        assert served(*pieces) == ([200], [("POST", "/a", hidden)], False)


def test_one_offer_after_another() -> None:
    get = b"GET /a HTTP/1.1\r\n" + HOST + OFFER + b"\r\n"
    assert served(get * 3) == ([200] * 3, [("GET", "/a", b"")] * 3, False)


def test_the_application_sees_the_request_without_the_offer() -> None:
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append((scope["raw_path"], scope["query_string"], scope["headers"]))

    async def talk() -> None:
        made, _ = protocol(app)
        fields = b"Host: a\r\nUpgrade: h2c\r\nX: \xe4 b\r\nConnection: upgrade\r\n"
        made.data_received(b"GET /%61?b=c HTTP/1.1\r\n" + fields + b"\r\n")
        await settle()

    asyncio.run(talk())
    assert seen == [(b"/%61", b"b=c", [(b"host", b"a"), (b"x", b"\xe4 b"), (b"connection", b"upgrade")])]


@pytest.mark.parametrize("target", [b"a:443", b"/a"])
def test_connect_is_refused(target: bytes) -> None:
    assert served(b"CONNECT " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n" + NEXT) == ([400], [], True)


def test_a_head_with_an_offer_is_bounded_as_all_are() -> None:
    large = b"x: " + b"y" * 70_000 + b"\r\n"
    head = b"POST /a HTTP/1.1\r\n" + HOST + OFFER + large + b"content-length: 5\r\n\r\n"
    assert served(head + b"hello") == ([431], [], True)
