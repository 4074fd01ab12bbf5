"""The calibration service as a process."""

from __future__ import annotations

import os
import socket
import sys

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import SettingsError, read_settings
from service.web.access.opening import warn_when_open
from service.web.access.settings import listed
from service.web.access_log import to_stderr
from service.web.serving import serve_until_stopped

_SWITCH_SECONDS = 0.001  # how long a computing thread keeps the interpreter while the event loop waits for it


def serve(listening: socket.socket) -> int:
    """Serve until a signal comes; 0 then, 2 for bad settings. A start that fails ends the process with status 3."""
    try:
        settings = read_settings(os.environ)
        service = create_service(settings, calibration_parts())
    except SettingsError as error:
        print(f"rectifier: {error}", file=sys.stderr)  # noqa: T201 - there is no other channel before the start
        return 2
    warn_when_open(listening.getsockname()[0], settings.access, to_stderr)
    sys.setswitchinterval(_SWITCH_SECONDS)
    serve_until_stopped(
        service.asgi,
        service.lifecycle,
        listening,
        settings.shutdown_seconds,
        trusted_proxies=listed(settings.access.trusted_proxies),
    )
    if service.placement.computing:
        # every answer is sent; a thread past its deadline would keep the process alive until it ends by itself
        sys.stderr.flush()
        os._exit(0)
    return 0
