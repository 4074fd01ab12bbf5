"""The gateway as a process."""

from __future__ import annotations

import os
import socket
import sys

from service.gateway.app import create_gateway
from service.gateway.settings import read_settings
from service.web.environment import SettingsError
from service.web.serving import serve_until_stopped


def serve(listening: socket.socket) -> int:
    """Serve until a signal comes; 0 then, 2 for bad settings. A start that fails ends the process with status 3."""
    try:
        settings = read_settings(os.environ)
        gateway = create_gateway(settings)
    except SettingsError as error:
        print(f"rectifier: {error}", file=sys.stderr)  # noqa: T201 - there is no other channel before the start
        return 2
    serve_until_stopped(
        gateway.asgi,
        gateway.lifecycle,
        listening,
        settings.shutdown_seconds,
        stalled_seconds=settings.stalled_seconds,
    )
    return 0
