"""Servers for benchmarks, and the CPU time of all their processes and threads in nanoseconds."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

SERVICE = ("-m", "service.cli", "serve", "--host", "127.0.0.1", "--port")
ASGI = ("--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log", "--port")


def floor(name: str) -> tuple[str, ...]:
    """The command of one of the applications of ``benchmarks.floor``."""
    return ("-m", "uvicorn", f"benchmarks.floor:{name}", *ASGI)


@contextmanager
def served(*command: str, **variables: str) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "RECTIFIER_ACCESS_LOG": "false"} | variables
    with subprocess.Popen([sys.executable, *command, str(port)], env=environment) as process:
        try:
            wait_until_ready(port)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def wait_until_ready(port: int) -> float:
    """Seconds until it answered."""
    began = time.perf_counter()
    while time.perf_counter() - began < 30:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return time.perf_counter() - began
        except OSError:
            pass
        time.sleep(0.005)
    raise TimeoutError(f"nothing answers on port {port}")


def settle(process: psutil.Process, seconds: float = 0.5) -> None:
    """Wait until nothing starts any more: the parsing process loads after the service is ready."""
    before = cpu_seconds(process)
    while True:
        time.sleep(seconds)
        now = cpu_seconds(process)
        if now - before < 0.05 * seconds:
            return
        before = now


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds of the process, its descendants and all their threads (Linux: schedstat counts nanoseconds)."""
    total = 0
    for member in family(process):
        for task in Path(f"/proc/{member.pid}/task").iterdir():
            with suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def post(connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]) -> bytes:
    connection.request("POST", "/v1/calibrations", body, dict(headers))
    reply = connection.getresponse()
    content = reply.read()
    if reply.status != 200:
        raise RuntimeError(content.decode())
    return content
