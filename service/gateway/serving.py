"""The process around the gateway: uvicorn on one address, stopped by SIGTERM or SIGINT with exit status 0."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import uvicorn

from service.gateway.app import Gateway, create_gateway
from service.gateway.settings import Settings, read_settings
from service.web.environment import SettingsError
from service.web.server import BoundedProtocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready from the moment of the signal."""
        self._gateway.lifecycle.drain()
        super().handle_exit(sig, frame)


def serve(host: str, port: int) -> int:
    """Serve until a signal comes; 0 then, 2 for bad settings. A start that fails ends the process with status 3."""
    try:
        settings = read_settings(os.environ)
        gateway = create_gateway(settings)
    except SettingsError as error:
        print(f"rectifier: {error}", file=sys.stderr)  # noqa: T201 - there is no other channel before the start
        return 2
    server = _Server(_config(gateway, host, port, settings), gateway)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _already_handled)
    server.run()
    return 0


def _config(gateway: Gateway, host: str, port: int, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        gateway.asgi,
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
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def _already_handled(_sig: int, _frame: FrameType | None) -> None:
    """Uvicorn raises the signal again after its own clean stop; by then nothing is left to do."""
