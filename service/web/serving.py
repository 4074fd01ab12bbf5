"""The process around an application: uvicorn on one address, not ready from the signal on, stopped with status 0."""

from __future__ import annotations

import signal
from types import FrameType

import uvicorn
from litestar.types import ASGIApp

from service.web.probes import Lifecycle
from service.web.server import BoundedProtocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready from the moment of the signal."""
        self._lifecycle.drain()
        super().handle_exit(sig, frame)


def serve_until_stopped(asgi: ASGIApp, lifecycle: Lifecycle, host: str, port: int, shutdown_seconds: int) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight then have ``shutdown_seconds``. A failed start exits with 3."""
    config = uvicorn.Config(
        asgi,
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=shutdown_seconds,
    )
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _already_handled)
    _Server(config, lifecycle).run()


def _already_handled(_sig: int, _frame: FrameType | None) -> None:
    """Uvicorn raises the signal again after its own clean stop; by then nothing is left to do."""
