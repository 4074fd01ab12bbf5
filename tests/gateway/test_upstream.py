from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import tracemalloc
from pathlib import Path

import pytest
from aiohttp import web

from service.gateway import upstream as module
from service.gateway.providers.protocol import Received, Sent
from service.gateway.transport import UpstreamError
from service.gateway.upstream import Simulated, Upstream
from tests.gateway.raw_servers import (
    CANARY_BODY,
    CANARY_KEY,
    SECRET,
    SENT,
    Raw,
    failure,
    provider,
    send,
    served,
)


def test_a_request_goes_out_as_it_is_and_its_response_comes_back():
    seen = {}

    async def answer(request):
        seen.update(method=request.method, path=request.raw_path, headers=dict(request.headers))
        seen["body"] = await request.read()
        return web.Response(status=418, body=b"tea", headers={"X-Request-ID": "r1"})

    async def story():
        async with served(answer) as url:
            return await send(f"{url}/v1/", sent=Sent("/m/a%2Fb:c?x=1", CANARY_BODY, {"X-Own": "1"}, {}))

    received = asyncio.run(story())
    assert (received.status, received.body, received.headers["x-request-id"]) == (418, b"tea", "r1")
    assert all(name == name.lower() for name in received.headers)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/v1/m/a%2Fb:c?x=1", CANARY_BODY)
    assert seen["headers"]["Authorization"] == SECRET["Authorization"]
    assert seen["headers"]["X-Own"] == "1"
    assert seen["headers"]["Accept-Encoding"] == "gzip"


def test_what_comes_back_can_be_written_down_and_shows_no_key():
    answer = b"HTTP/1.1 401 No\r\nX-Request-Id: ab\xff%s\r\nContent-Length: %d\r\n\r\n%s"
    key = CANARY_KEY.encode()

    async def story():
        async with Raw(answer % (key, len(key) + 2, b'"%s"' % key)) as raw:
            return await send(raw.url)

    received = asyncio.run(story())
    assert received.headers["x-request-id"] == "ab\ufffd[redacted]"
    assert received.body == b'"[redacted]"'


def test_connections_are_kept_and_cookies_and_proxies_are_not(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    ports, cookies = set(), []

    async def answer(request):
        ports.add(request.transport.get_extra_info("peername")[1])
        cookies.append(request.headers.get("Cookie"))
        return web.Response(body=b"{}", headers={"Set-Cookie": "a=b"})

    async def story():
        async with served(answer) as url, Upstream() as upstream:
            for _ in range(5):
                await upstream.send(provider(url), SENT, SECRET, 5.0)

    asyncio.run(story())
    assert len(ports) == 1
    assert cookies == [None] * 5


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(status):
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def story():
        async with served(answer) as url:
            await send(url)

    assert failure(story()) == ("redirect", True)
    assert asked == ["/chat"]


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (5_000_000, False)])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_response_is_bounded(size, fits, chunked):
    async def answer(request):
        if not chunked:
            return web.Response(body=b"x" * size)
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(b"x" * size)
        return response

    async def story():
        async with served(answer) as url:
            return await send(url, max_bytes=1000)

    if fits:
        assert len(asyncio.run(story()).body) == size
    else:
        assert failure(story()) == ("too_large", True)


def test_the_bound_holds_for_what_is_inflated_and_in_little_memory():
    bomb = gzip.compress(bytes(256 * 2**20), 9)
    small = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    async def story(body):
        async with Raw(head % len(body) + body) as raw:
            return await send(raw.url, max_bytes=2**20)

    assert asyncio.run(story(small)).body == b"hello"
    tracemalloc.start()
    try:
        assert failure(story(bomb)) == ("too_large", True)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_body_that_dribbles_in_is_timed_out():
    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b"x")
                await asyncio.sleep(0.02)
        return response

    async def story():
        async with served(answer) as url:
            await send(url, seconds=0.1)

    assert failure(story()) == ("timeout", True)


def test_no_answer_at_all_is_timed_out():
    async def story():
        async with Raw(None) as raw:
            await send(raw.url, seconds=0.05)

    assert failure(story()) == ("timeout", True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-", "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", "protocol"),
        (b"canary-persona is not HTTP\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "protocol"),
    ],
)
def test_responses_that_break_off_or_are_none(answer, kind):
    async def story():
        async with Raw(answer) as raw:
            await send(raw.url)

    assert failure(story()) == (kind, True)


def test_nobody_there_is_a_request_that_was_not_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert failure(send(f"http://127.0.0.1:{unused.getsockname()[1]}")) == ("connection", False)


def test_a_connection_that_is_not_made_in_time_was_not_sent(monkeypatch):
    monkeypatch.setattr(module, "_CONNECT_SECONDS", 0.05)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        assert failure(send(f"http://127.0.0.1:{full.getsockname()[1]}")) == ("timeout", False)
        for each in waiting:
            each.close()


def test_a_header_that_would_be_two_is_not_sent():
    async def story():
        async with Raw() as raw:
            try:
                await send(raw.url, secret={"Authorization": f"Bearer {CANARY_KEY}\r\nX-Other: 1"})
            finally:
                assert raw.requests == 0

    assert failure(story())[0] == "protocol"


def test_a_certificate_that_nobody_signed_is_not_trusted():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(Path(__file__).parent / "untrusted.pem")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def story():
        async with Raw(tls=tls) as raw:
            _, writer = await asyncio.open_connection("127.0.0.1", raw.port, ssl=trusting)
            writer.close()  # it does speak TLS
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's side of the refusal
            try:
                await send(raw.url.replace("http:", "https:"))
            finally:
                assert raw.requests == 0

    assert failure(story()) == ("connection", False)


def test_a_cancelled_request_closes_its_connection():
    closed = asyncio.Event()

    class Watched(Raw):
        async def talk(self, reader, writer):
            await super().talk(reader, writer)
            closed.set()

    async def story():
        async with Watched(None) as raw, Upstream() as upstream:
            sending = asyncio.create_task(upstream.send(provider(raw.url), SENT, SECRET, 60.0))
            await asyncio.wait_for(raw.asked.wait(), 5)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            assert sending.cancelled()
            await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(story())


def simulated(headers, timeout=5.0):
    bodies = []

    def respond(body):
        bodies.append(body)
        return Received(200, headers, b"{}")

    received = asyncio.run(Simulated(respond).send(provider("http://simulated.invalid"), SENT, SECRET, timeout))
    assert bodies == [CANARY_BODY]
    return received


def test_the_simulation_is_answered_in_this_process_after_its_latency():
    assert simulated({}).body == b"{}"

    async def story():
        since = asyncio.get_running_loop().time()
        await Simulated(lambda _: Received(200, {"x-simulated-latency-ms": "30"}, b"")).send(
            provider("http://simulated.invalid"), SENT, SECRET, 5.0
        )
        return asyncio.get_running_loop().time() - since

    assert 0.029 < asyncio.run(story()) < 2


def test_a_latency_beyond_the_timeout_is_one():
    with pytest.raises(UpstreamError, match="timeout"):
        simulated({"x-simulated-latency-ms": "60000"}, timeout=0.01)


def test_the_simulation_of_the_house_is_the_default():
    received = asyncio.run(Simulated().send(provider("http://simulated.invalid"), SENT, SECRET, 5.0))
    assert received.status == 400  # this body asks nothing
