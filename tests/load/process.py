"""A served process tree: supervisor, worker, parsing process; started, watched and stopped."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from service.web.environment import PREFIX

POD = Path(__file__).parents[2] / "k8s/base/calibration/settings.env"


@dataclass
class Tree:
    """The processes of one service."""

    process: subprocess.Popen[bytes]
    port: int
    seen: list[float] = field(default_factory=list)

    def members(self) -> list[psutil.Process]:
        """Supervisor, worker, parsing process."""
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def worker(self) -> psutil.Process:
        """The one that answers."""
        return psutil.Process(self.process.pid).children()[0]

    def parser(self) -> psutil.Process | None:
        """The one that parses."""
        return next((p for p in self.worker().children() if "service.api.parsing.process" in p.cmdline()), None)

    def resident_mebi(self) -> float:
        """Their anonymous and shared memory; not the files they map, whose share depends on who else maps them."""
        total = 0
        for member in self.members():
            try:
                status = Path(f"/proc/{member.pid}/status").read_text()
            except OSError:
                continue
            total += sum(int(kilobytes) for kilobytes in re.findall(r"Rss(?:Anon|Shmem):\s+(\d+)", status))
        return total / 1024


def settings_of_the_pod() -> dict[str, str]:
    """The environment of k8s/base."""
    lines = [line for line in POD.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@contextmanager
def running(before: tuple[str, ...] = (), **settings: str) -> Iterator[Tree]:
    """A service with the pod's settings and these; ``before`` is put in front of its command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    environment |= settings_of_the_pod() | {f"{PREFIX}ACCESS_LOG": "false"} | settings
    command = [*before, sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment) as process:
        tree = Tree(process, port)
        try:
            wait_until_ready(port)
            yield tree
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(port: int, seconds: float = 60.0) -> None:
    """Until /readyz answers 200."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
