"""The process around the application: uvicorn on one address, stopped by SIGTERM or SIGINT with exit status 0."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import uvicorn

from service.api.app import Service, create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings, SettingsError, read_settings
from service.web.server import BoundedProtocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready from the moment of the signal."""
        self._service.lifecycle.drain()
        super().handle_exit(sig, frame)


def serve(host: str, port: int) -> int:
    """Serve until a signal comes; 0 then, 2 for bad settings. A start that fails ends the process with status 3."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"rectifier: {error}", file=sys.stderr)  # noqa: T201 - there is no other channel before the start
        return 2
    service = create_service(settings, calibration_parts())
    server = _Server(_config(service, host, port, settings), service)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _already_handled)
    server.run()
    if service.placement.occupied:
        # every answer is sent; a thread past its deadline would keep the process alive until it ends by itself
        sys.stderr.flush()
        os._exit(0)
    return 0


def _config(service: Service, host: str, port: int, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        service.asgi,
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
