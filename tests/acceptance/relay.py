"""A relay on the loopback: bytes go through both ways unchanged, and a copy of every request that went is kept."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Arrived:
    """A request as it was on the wire."""

    method: str
    path: str
    headers: frozenset[str]
    """Names, in lower case."""
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The content, which is a JSON object."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class Relay:
    """What came in on every connection, as bytes; read as requests only when somebody asks."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._came: list[bytearray] = []
        self.address = ""

    def arrived(self) -> list[Arrived]:
        """Every request since the last ``forget``, connection by connection."""
        return [request for came in self._came for request in requests(bytes(came))]

    def forget(self) -> None:
        """Keep nothing of what came; nothing may be under way."""
        for came in self._came:
            came.clear()

    async def listen(self) -> asyncio.Server:
        """Begin."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=256)
        host, port = server.sockets[0].getsockname()
        self.address = f"http://{host}:{port}"
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came = bytearray()
        self._came.append(came)
        there, onward = await asyncio.open_connection("127.0.0.1", self._to)
        ways = {asyncio.create_task(_flow(reader, onward, came)), asyncio.create_task(_flow(there, writer))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, onward):
                end.close()


async def _flow(source: asyncio.StreamReader, sink: asyncio.StreamWriter, copy: bytearray | None = None) -> None:
    """Everything from one side to the other, until one of them is gone; the copy first."""
    with suppress(ConnectionError):
        while piece := await source.read(1 << 16):
            if copy is not None:
                copy += piece
            sink.write(piece)
            await sink.drain()


def requests(stream: bytes) -> Iterator[Arrived]:
    """The requests in what one connection brought; ValueError for anything that is not whole requests."""
    while stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers["content-length"])
        if len(stream) < length:
            raise ValueError("a request that is not whole")
        content, stream = stream[:length], stream[length:]
        yield Arrived(method, path, frozenset(headers), content)


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    """A relay to a port of the loopback, in a thread of its own, until the end of the block."""
    relay, loop = Relay(port), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(relay.listen(), loop).result(10)
    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # transports close in the loop's next turn
