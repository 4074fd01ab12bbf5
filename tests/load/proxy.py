"""A network that misbehaves: a proxy on the loopback that delays, drips, cuts, half-closes, stalls and resets."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens in one direction. ``after`` bytes have passed: then ``end`` (close, half_close, reset, stall).

    ``piece`` bytes at a time, each ``seconds`` late.
    """

    piece: int = 1 << 16
    seconds: float = 0.0
    after: int | None = None
    end: str = "close"


NONE = Fault()


@asynccontextmanager
async def proxied(port: int, up: Fault = NONE, down: Fault = NONE) -> AsyncIterator[int]:
    """The port of a proxy to a port of the loopback; ``up`` is what happens to requests, ``down`` to answers."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        theirs, to_them = await asyncio.open_connection("127.0.0.1", port)
        both = (writer, to_them)
        try:
            with suppress(ConnectionError):
                await asyncio.gather(carried(reader, to_them, up, both), carried(theirs, writer, down, both))
        finally:
            for end in both:
                end.close()
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def carried(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    fault: Fault,
    both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
) -> None:
    """Bytes from one side to the other, with the fault of that direction."""
    left = fault.after
    while left is None or left > 0:
        data = await source.read(fault.piece if left is None else min(fault.piece, left))
        if not data:
            break
        await asyncio.sleep(fault.seconds)
        target.write(data)
        await target.drain()
        left = None if left is None else left - len(data)
    if left is None or left > 0 or fault.end == "half_close":
        target.write_eof()
    elif fault.end == "stall":
        await asyncio.Event().wait()
    else:
        for end in both:
            if fault.end == "reset":
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.close()
