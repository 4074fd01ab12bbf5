"""A service on a socket of the loopback, in this process: everything but the process around it is real."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvicorn

from service.api.app import Service
from service.web.server import BoundedProtocol
from tests.acceptance.talk import Reply, request


@asynccontextmanager
async def served(service: Service, protocol: type[BoundedProtocol] = BoundedProtocol) -> AsyncIterator[int]:
    """The port that a service answers on."""
    config = uvicorn.Config(service.asgi, http=protocol, lifespan="on", log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@dataclass
class Connection:
    """A kept connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """One request and its answer, which may come before all is sent."""
        self.writer.write(request(method, path, body, **headers))
        with suppress(ConnectionError):
            await self.writer.drain()
        return await self.hear()

    async def hear(self) -> Reply:
        """One answer; ConnectionError when there is none, or only a part."""
        try:
            top = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = top.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            body = await self.reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError:
            raise ConnectionError("no whole answer") from None
        return Reply(int(status.split()[1]), headers, body)

    async def close(self) -> None:
        self.writer.close()


async def connected(port: int) -> Connection:
    """A connection to a port of the loopback."""
    return Connection(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until it holds; AssertionError when it does not in time."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while not condition():
        assert clock() < end
        await asyncio.sleep(0.01)
