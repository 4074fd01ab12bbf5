"""One worker kept alive: the supervisor holds the listening socket, replaces a killed worker and passes signals on.

::

    supervisor --fork--> worker            connections wait in the socket while there is none
        | SIGTERM, SIGINT --> worker       its status is the supervisor's
        | worker killed by a signal        forked again, unless it keeps dying early
        ` supervisor killed                the kernel kills the worker

The supervisor imports nothing of the service before it forks, so that it stays small and its forks are safe.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from service.web.parentage import die_with

BACKLOG = 2048
NO_ADDRESS = 3  # what uvicorn ends with when it cannot start
_STOPS = (signal.SIGTERM, signal.SIGINT)
_EARLY_SECONDS = 5.0
_MOST_EARLY = 5
_LONGEST_PAUSE = 1.0


def supervise(serve: Callable[[socket.socket], int], host: str, port: int) -> int:
    """Run ``serve`` in a worker until it ends by itself or is told to stop; the exit status, in both processes."""
    try:
        listening = open_socket(host, port)
    except OSError as error:
        _say(f"{host}:{port} cannot be listened on: {error.strerror}")
        return NO_ADDRESS
    supervisor = Supervisor(listening)
    return serve(listening) if supervisor.becomes_worker() else supervisor.status


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket on this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


class Supervisor:
    """Forks workers; ``status`` is what to end with once ``becomes_worker`` has said no."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._worker = 0
        self._stopping = False
        self.status = 0

    def becomes_worker(self) -> bool:
        """True in every worker, at once; False in the supervisor, when all is over."""
        for stop in _STOPS:
            signal.signal(stop, self._pass_on)
        early = 0
        while True:
            began = time.monotonic()
            if self._forked():
                return True
            if not self._worker:
                self.status = 0  # stopped while nobody served
                return False
            if self._over(self._ended()):
                return False
            early = early + 1 if time.monotonic() - began < _EARLY_SECONDS else 0
            if early > _MOST_EARLY:
                return False
            if early > 1:
                time.sleep(min(_LONGEST_PAUSE, 0.1 * 2**early))

    def _forked(self) -> bool:
        """Fork, unless a stop has come; signals wait until both sides know who they are."""
        supervisor = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        if self._stopping:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            return False
        self._worker = os.fork()
        if self._worker == 0:
            os.setpgid(0, 0)  # the terminal's Ctrl-C reaches it once, passed on
            for stop in _STOPS:
                signal.signal(stop, signal.SIG_DFL)
            die_with(supervisor)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        return self._worker == 0

    def _ended(self) -> int:
        """How the worker ended: its status, or minus the signal. Orphans of others are taken in, too (process 1)."""
        while True:
            process, status = os.wait()
            if process == self._worker:
                self._worker = 0
                return os.waitstatus_to_exitcode(status)

    def _over(self, ended: int) -> bool:
        """Whether the worker needs no successor; sets the status."""
        self.status = ended if ended >= 0 else 128 - ended
        if self._stopping and -ended in _STOPS:
            self.status = 0  # stopped before it served
        if ended >= 0 or self._stopping:
            return True
        _say(f"the worker was ended by signal {-ended} and is replaced")
        return False

    def _pass_on(self, sig: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._listening.close()  # the worker has its own; when that closes, nobody may connect and wait
        if not self._worker:
            return  # there is none now; 0 would be everybody in the group
        with suppress(ProcessLookupError):
            os.kill(self._worker, sig)


def _say(words: str) -> None:
    """A line like the worker's own."""
    sys.stderr.write(f'{{"event":"supervisor","level":"error","message":"{words}"}}\n')
    sys.stderr.flush()
