"""A Redis server of our own, on a socket in a folder of the test."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time

import pytest


@contextlib.contextmanager
def running(folder, *options):
    """Its URL; without persistence, gone afterwards."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (.ci/run installs it)")
    path = folder / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder), *options],
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 20
        while not answers(path):
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.01)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait(20)


def answers(path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return bool(client.recv(100))
    return False
