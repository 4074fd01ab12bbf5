"""What a process leaves behind when something goes wrong: no core dump, and of an exception its class and place only.

The words of an exception, and those of libraries, may quote what somebody sent; so may the variables in a core dump.
"""

from __future__ import annotations

import logging
import resource
import sys
import threading
from types import TracebackType

import msgspec

from service.web.access_log import to_stderr
from service.web.failure import where

_LEAST = 1  # bytes; the kernel writes no file this small and, unlike at 0, gives nothing to a program that takes dumps
_OWN = "uvicorn"
LEVEL = logging.WARNING
"""What is told at least; of other libraries never more than that they said something."""


class JsonLines(logging.Handler):
    """What the server itself has to say, as JSON lines like all others; of an exception its class and place only.

    The words are the HTTP server's alone: other libraries put values into theirs.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        own = record.name.partition(".")[0] == _OWN
        message = record.getMessage().strip() if own else f"{record.name} has something to say"
        line = {"event": "server", "level": record.levelname.lower(), "message": message}
        if record.exc_info and record.exc_info[1]:
            line["failure"] = where(record.exc_info[1])
        to_stderr(msgspec.json.encode(line))


def harden() -> None:
    """First thing in a process that sees bodies: the limit on core dumps, the handlers of what nobody else handles."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    most = _LEAST if hard == resource.RLIM_INFINITY else min(_LEAST, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    logging.captureWarnings(capture=True)
    for name in ("", _OWN):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [JsonLines(LEVEL)], False
    logging.getLogger(_OWN).setLevel(logging.WARNING)  # below it there is a level that tells headers
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda found: _told(found.exc_value)
    threading.excepthook = lambda found: _told(found.exc_value)


def _uncaught(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    _told(error)


def _told(error: BaseException | None) -> None:
    line = {"event": "server", "level": "critical", "message": "an exception that nobody handled"}
    if error is not None:
        line["failure"] = where(error)
    to_stderr(msgspec.json.encode(line))
