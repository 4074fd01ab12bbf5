"""The process around an application: uvicorn on one address, not ready from the signal on, stopped with status 0."""

from __future__ import annotations

import logging
import signal
import socket
from types import FrameType

import msgspec
import uvicorn
from litestar.types import ASGIApp

from service.web.access_log import to_stderr
from service.web.failure import where
from service.web.probes import Lifecycle
from service.web.server import STALLED_SECONDS, with_patience


class JsonLines(logging.Handler):
    """What the server itself has to say, as JSON lines like all others; of an exception its class and place only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        line = {"event": "server", "level": record.levelname.lower(), "message": record.getMessage().strip()}
        if record.exc_info and record.exc_info[1]:
            line["failure"] = where(record.exc_info[1])
        to_stderr(msgspec.json.encode(line))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, seconds: float) -> None:
        super().__init__(config)
        self._lifecycle, self._seconds = lifecycle, seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready from the moment of the signal."""
        self._lifecycle.drain()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What is under way hears how long it has."""
        self._lifecycle.closing(self._seconds)
        await super().shutdown(sockets)


def serve_until_stopped(
    asgi: ASGIApp,
    lifecycle: Lifecycle,
    address: tuple[str, int],
    shutdown_seconds: int,
    *,
    stalled_seconds: float = STALLED_SECONDS,
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight then have ``shutdown_seconds``. A failed start exits with 3."""
    _log_as_json()
    host, port = address
    config = uvicorn.Config(
        asgi,
        host=host,
        port=port,
        loop="uvloop",
        http=with_patience(stalled_seconds),
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
    _Server(config, lifecycle, shutdown_seconds).run()


def _log_as_json() -> None:
    logger = logging.getLogger("uvicorn")
    logger.handlers, logger.propagate = [JsonLines(logging.WARNING)], False


def _already_handled(_sig: int, _frame: FrameType | None) -> None:
    """Uvicorn raises the signal again after its own clean stop; by then nothing is left to do."""
