"""The gateway as a process."""

from __future__ import annotations

import os
import socket
import sys

from service.gateway.app import create_gateway
from service.gateway.settings import read_settings
from service.web.access.opening import warn_when_open
from service.web.access.settings import listed
from service.web.access_log import to_stderr
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
    warn_when_open(listening.getsockname()[0], settings.access, to_stderr)
    serve_until_stopped(
        gateway.asgi,
        gateway.lifecycle,
        listening,
        settings.shutdown_seconds,
        stalled_seconds=settings.stalled_seconds,
        trusted_proxies=listed(settings.access.trusted_proxies),
    )
    return 0
