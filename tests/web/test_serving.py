from __future__ import annotations

import errno
import json
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from service.web import serving

SERVED = """
import asyncio, gc, socket, sys, time
from litestar import Litestar
from service.web.probes import Lifecycle, probe_handlers
from service.web.serving import serve_until_stopped
gc.disable()
life = Lifecycle(lambda: None, closing=lambda seconds: print("closing in", seconds))
inner = Litestar(probe_handlers(life), on_startup=[life.start], openapi_config=None, logging_config=None)

async def app(scope, receive, send):
    if scope.get("path") == "/never":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await asyncio.Event().wait()
    if scope.get("path") == "/busy":
        time.sleep(0.05)
    await inner(scope, receive, send)

serve_until_stopped(app, life, socket.create_server(("127.0.0.1", int(sys.argv[1]))), int(sys.argv[2]))
print(life.draining, gc.isenabled(), gc.get_freeze_count() > 10_000, gc.get_threshold()[0] > 700)
"""


def served(seconds: int) -> tuple[subprocess.Popen, int]:
    """A process that answers, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(port), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as reply:
                assert reply.headers.get("server") is None
                break
        except OSError:
            time.sleep(0.05)
    return process, port


def test_a_signal_drains_and_the_process_goes_on_behind_it() -> None:
    process, _ = served(5)
    process.terminate()
    said, errors = process.communicate(timeout=20)
    assert (process.returncode, said, errors) == (0, "closing in 5\nTrue True True True\n", "")


def answers_until_refused(port: int) -> list[bytes]:
    """The status lines of one client that asks on new connections for as long as it is let in."""
    answers: list[bytes] = []
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            return answers
        with connection:
            connection.sendall(b"GET /busy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            try:
                answers.append(connection.recv(4096)[:12])
            except ConnectionResetError:
                answers.append(b"reset")


def test_whoever_was_let_in_by_the_kernel_is_answered() -> None:
    process, port = served(5)
    with ThreadPoolExecutor(8) as clients:
        asking = [clients.submit(answers_until_refused, port) for _ in range(8)]
        time.sleep(0.3)
        process.terminate()
        answers = [answer for client in asking for answer in client.result(20)]
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert set(answers) == {b"HTTP/1.1 404"}
    assert len(answers) > 8


def test_who_waits_is_let_in_for_as_long_as_there_are_descriptors() -> None:
    class Door:
        waiting: ClassVar[list[str]] = ["first"]

        def listen(self, _backlog: int) -> None: ...
        def setblocking(self, _blocking: bool) -> None: ...
        def accept(self) -> tuple[str, str]:
            if self.waiting:
                return self.waiting.pop(), "address"
            raise OSError(errno.EMFILE, "Too many open files")

    assert list(serving._waiting(Door())) == ["first"]


def test_what_does_not_end_in_time_is_told_in_json_lines_without_its_words() -> None:
    process, port = served(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/never", timeout=20) as reply:
        assert reply.read(5) == b"begun"
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    told = [json.loads(line) for line in errors.splitlines()]
    assert [(line["event"], line["level"]) for line in told] == [("server", "error")] * 2
    assert told[1]["failure"].startswith("CancelledError at ")
