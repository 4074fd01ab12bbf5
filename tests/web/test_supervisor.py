from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.web import supervisor
from tests.web.test_parentage import ends

# a worker that tells its process id to everyone who connects, and does what it is told
SERVED = """
import os, signal, sys, time
from service.web import supervisor
supervisor._LONGEST_PAUSE = 0.01

if "stop" in sys.argv:  # in the first pause between two workers
    supervisor.time.sleep = lambda _seconds: os.kill(os.getpid(), signal.SIGTERM)

def serve(listening):
    if "die" in sys.argv:
        os.kill(os.getpid(), signal.SIGKILL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())
            told = connection.recv(100)
            if told == b"end":
                return 5

sys.exit(supervisor.supervise(serve, "127.0.0.1", int(sys.argv[1])))
"""


@contextmanager
def supervised(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(port), *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, port
        finally:
            process.kill()


def worker(port: int, told: bytes = b"nothing") -> int:
    """The process id of the worker that answers."""
    end = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                found = int(connection.recv(100))
                connection.sendall(told)
                return found
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_killed_worker_is_replaced_and_who_connects_meanwhile_is_answered() -> None:
    with supervised() as (process, port):
        first = worker(port)
        assert first != process.pid
        started = time.monotonic()
        os.kill(first, signal.SIGKILL)
        second = worker(port)
        assert time.monotonic() - started < 2
        assert second not in {first, process.pid}
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert json.loads(said) == {
        "event": "supervisor",
        "level": "error",
        "message": "the worker was ended by signal 9 and is replaced",
    }


def test_a_stop_is_passed_on_and_the_workers_status_is_ours() -> None:
    with supervised() as (process, port):
        worker(port)
        process.terminate()
        assert process.wait(20) == 7


def test_a_worker_that_ends_by_itself_has_no_successor() -> None:
    with supervised() as (process, port):
        worker(port, b"end")
        assert process.wait(20) == 5


def test_a_worker_that_keeps_dying_is_given_up() -> None:
    with supervised("die") as (process, _):
        _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGKILL
    assert said.count("is replaced") == 6


def test_a_stop_while_there_is_no_worker_starts_no_other_and_ends_with_status_0() -> None:
    with supervised("die", "stop") as (process, _):
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert said.count("is replaced") == 2


def test_a_killed_supervisor_takes_the_worker_along() -> None:
    with supervised() as (process, port):
        found = worker(port)
        process.kill()
        assert ends(found)


def test_an_address_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = subprocess.run(
            [sys.executable, "-c", SERVED, str(taken.getsockname()[1])], capture_output=True, text=True, check=False
        )
    assert process.returncode == supervisor.NO_ADDRESS
    assert "cannot be listened on" in json.loads(process.stderr)["message"]


@pytest.mark.parametrize(
    ("ended", "stopping", "status", "over"),
    [
        (0, False, 0, True),
        (3, True, 3, True),
        (-signal.SIGTERM, True, 0, True),
        (-signal.SIGKILL, True, 137, True),
        (-signal.SIGSEGV, False, 139, False),
    ],
)
def test_what_an_end_means(ended: int, stopping: bool, status: int, over: bool) -> None:
    with socket.socket() as listening:
        watched = supervisor.Supervisor(listening)
        watched._stopping = stopping
        assert watched._over(ended) is over
        assert watched.status == status


def test_the_supervisor_stays_small() -> None:
    code = "import sys; from service import cli; from service.web import supervisor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "litestar", "msgspec", "uvicorn", "asyncio"} & set(done.stdout.split())
