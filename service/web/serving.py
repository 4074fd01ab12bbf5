"""The process around an application: uvicorn on one socket, not ready from the signal on, stopped with status 0."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import FrameType

import uvicorn
from litestar.types import ASGIApp

from service.web.hardening import harden
from service.web.probes import Lifecycle
from service.web.server import STALLED_SECONDS, with_patience
from service.web.supervisor import BACKLOG

LAST_CALL_SECONDS = 1.0
_NEWCOMERS_SECONDS = 0.5
_COLLECT_AFTER = (5_000, 10, 10)  # a full collection holds up every answer: 30 to 90 ms over what the start has built


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, seconds: float) -> None:
        super().__init__(config)
        self._lifecycle, self._seconds = lifecycle, seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready from the moment of the signal."""
        self._lifecycle.drain()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """What the start has built is there for good: the garbage collector, off until now, is never to look at it."""
        await super().startup(sockets)
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        gc.enable()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What is under way hears how long it has; then a last call, so that no request meets a closed door."""
        self._lifecycle.closing(self._seconds)
        await self._last_call(sockets or [])
        await super().shutdown(sockets)

    async def _last_call(self, sockets: Sequence[socket.socket]) -> None:
        """Every answer now ends its connection; those that stay silent, and those that just came, are waited for."""
        self.server_state.default_headers.append((b"connection", b"close"))
        await self._while(lambda: bool(self.server_state.connections), LAST_CALL_SECONDS)
        doors = [door.dup() for door in sockets]
        for server in self.servers:
            server.close()
        for own in sockets:
            own.close()
        await asyncio.sleep(0)  # the loop lets go of its own
        for door in doors:
            await self._let_in(door)
        await self._while(lambda: any(_is_new(c) for c in self.server_state.connections), _NEWCOMERS_SECONDS)

    async def _let_in(self, door: socket.socket) -> None:
        """Close the last hold of a listening socket; the kernel would reset whoever waits in it, so take those in."""
        waiting = list(_waiting(door))
        door.close()
        loop = asyncio.get_running_loop()
        for newcomer in waiting:
            await loop.connect_accepted_socket(self._protocol, newcomer)

    def _protocol(self) -> asyncio.Protocol:
        """What uvicorn makes of every connection."""
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def _while(self, waiting: Callable[[], bool], seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while waiting() and clock() < end and not self.force_exit:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)


def _waiting(door: socket.socket) -> Iterator[socket.socket]:
    """The connections the kernel has made and nobody has taken; from the first of them on it makes no more.

    All of them, or as many as there are descriptors for.
    """
    door.listen(0)
    door.setblocking(False)
    with suppress(OSError):
        while True:
            yield door.accept()[0]


def _is_new(connection: object) -> bool:
    """Whether it has not asked for anything yet."""
    return getattr(connection, "cycle", None) is None


def serve_until_stopped(
    asgi: ASGIApp,
    lifecycle: Lifecycle,
    listening: socket.socket,
    shutdown_seconds: int,
    *,
    stalled_seconds: float = STALLED_SECONDS,
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight then have ``shutdown_seconds``. A failed start exits with 3.

    ``trusted_proxies``: whose X-Forwarded-For is believed.
    """
    harden()
    config = uvicorn.Config(
        asgi,
        backlog=BACKLOG,
        loop="uvloop",
        http=with_patience(stalled_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_keep_alive=75,
        timeout_graceful_shutdown=shutdown_seconds,
    )
    server = _Server(config, lifecycle, shutdown_seconds)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, server.handle_exit)  # a stop that comes before it serves; uvicorn's own are put on top
    server.run(sockets=[listening])
