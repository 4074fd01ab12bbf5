from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance import aimock
from tests.acceptance.browser import Open, chromium, visiting


@dataclass
class Server:
    """A served process and what is known of it from outside."""

    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def processes(self) -> list[int]:
        """The supervisor, its worker, and what that started."""
        top = psutil.Process(self.process.pid)
        return [top.pid, *(child.pid for child in top.children(recursive=True))]

    def peak_bytes(self) -> int:
        """VmHWM: the most memory each process ever held, in bytes, summed."""
        found = (Path(f"/proc/{pid}/status").read_text() for pid in self.processes())
        return sum(int(status.partition("VmHWM:")[2].split()[0]) * 1024 for status in found)

    def reset_peak(self) -> None:
        """Start measuring the peak anew."""
        for pid in self.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=60)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def start(log: Path, deployable: str = "serve", **environment: str) -> Server:
    """``serve`` (calibration) or ``gateway`` on a free port, its log in a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service.cli", deployable, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env=os.environ | environment)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if answers(port):
            return Server("127.0.0.1", port, process, log)
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError("the server did not start")


def answers(port: int) -> bool:
    """Whether a worker serves; the supervisor listens before."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            return bool(connection.recv(1))
    except OSError:
        return False


def ready(server: Server) -> None:
    """Wait until a service takes every request; before, it may answer 503 with Retry-After."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with server.connect() as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            if connection.recv(12) == b"HTTP/1.1 200":
                return
        time.sleep(0.05)
    raise AssertionError("the service is not ready")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "stderr"
    running = start(log, RECTIFIER_BODY_IDLE_SECONDS="1")
    yield running
    if running.process.poll() is None:
        assert running.stop() == 0, log.read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def opened(browser: Any, server: Server) -> Iterator[Open]:
    """Opens the workbench; what went wrong there fails the test that did it."""
    with visiting(browser, f"{server.host}:{server.port}") as begin:
        yield begin


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts gateways: ``gateways(providers, RECTIFIER_...="...")``; those still running are stopped at the end."""
    started: list[Server] = []

    def begin(providers: dict[str, dict[str, Any]] | None = None, **environment: str) -> Server:
        folder = tmp_path_factory.mktemp("gateway")
        if providers is not None:
            environment["RECTIFIER_PROVIDERS_FILE"] = str(written(folder / "providers.toml", providers))
        started.append(start(folder / "stderr", "gateway", **environment))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            assert running.stop() == 0, running.log.read_text()


def written(file: Path, providers: dict[str, dict[str, Any]]) -> Path:
    """A providers file: inline tables are TOML's JSON with ``=``."""
    lines = [f"{name} = {inline(given)}" for name, given in providers.items()]
    file.write_text("\n".join(["[providers]", *lines, ""]))
    return file


def inline(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aimock.AIMock]:
    """aimock: it answers on the wires of OpenAI, Anthropic, Gemini and Bedrock."""
    with aimock.served(tmp_path_factory.mktemp("aimock")) as running:
        yield running
