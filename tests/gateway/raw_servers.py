"""Raw servers on the loopback, and what must never be said of a request."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import traceback

import pytest
from aiohttp import web

from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Sent
from service.gateway.transport import UpstreamError
from service.gateway.upstream import Upstream

CANARY_KEY = "sk-canary-key-5f3a"
CANARY_BODY = b'{"persona": "canary-persona-9c1e"}'
SENT = Sent("/chat", CANARY_BODY, {"Content-Type": "application/json"}, {})
SECRET = {"Authorization": f"Bearer {CANARY_KEY}"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def provider(base_url, local=True):
    return Provider("p", "scripted", base_url, key=CANARY_KEY, local=local)


@contextlib.asynccontextmanager
async def served(handler):
    """An aiohttp server whose only handler answers everything; its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Raw:
    """A TCP server that reads a request's head and writes bytes; it counts its connections and requests."""

    def __init__(self, answer=OK, host="127.0.0.1", tls=None):
        self.answer, self.host, self.tls = answer, host, tls
        self.connections = self.requests = 0
        self.asked = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.talk, self.host, 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://{self.host}:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def talk(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                self.asked.set()
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
                if self.answer is None:
                    await reader.read()  # until the client has had enough
                    return
                writer.write(self.answer)
                await writer.drain()
                if self.answer is not OK:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


async def send(base_url, *, local=True, sent=SENT, secret=SECRET, seconds=5.0, **options):
    async with Upstream(**options) as upstream:
        return await upstream.send(provider(base_url, local), sent, secret, seconds)


def failure(coroutine):
    """How a send fails; what it leaves behind says nothing that it should not."""
    with pytest.raises(UpstreamError) as caught:
        asyncio.run(asyncio.wait_for(coroutine, 10))
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.args == (error.kind,)
    text = "".join(traceback.format_exception(error)) + repr(error)
    assert "sk-canary" not in text
    assert "canary-persona" not in text
    return error.kind, error.dispatched


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog):
    caplog.set_level(0)
    yield
    assert "canary" not in caplog.text
