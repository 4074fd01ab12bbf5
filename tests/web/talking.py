"""A protocol that talks to no socket: bytes in, what the application saw and what was answered out."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from service.web.server import BoundedProtocol


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.closed, self.reading, self.written = False, True, b""

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def protocol(app, state: ServerState | None = None) -> tuple[BoundedProtocol, Wire]:
    """A connection to this application, beside others of the same server."""
    config = uvicorn.Config(app, http=BoundedProtocol, ws="none", log_config=None, access_log=False)
    config.load()
    made, wire = BoundedProtocol(config, state or ServerState(), {}), Wire()
    made.connection_made(wire)
    return made, wire


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


def statuses(wire: Wire) -> list[int]:
    """The statuses of all answers, as long as no body has a status line."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", wire.written)]
