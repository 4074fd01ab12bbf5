"""Servers from npm, started with node.

``RECTIFIER_NODE_MODULES`` names the folder that npm installed into (default: ``.venv/node/node_modules`` below the
repository); ``make test`` installs there what node/package.json lists. Only a machine without node leaves them out.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.shape.sources import ROOT

MODULES = Path(os.environ.get("RECTIFIER_NODE_MODULES") or ROOT / ".venv/node/node_modules")


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(script: str, port: int, log: Path, *arguments: str, **environment: str) -> Iterator[None]:
    """A script of a package, until the end of the block; it is there once it takes connections."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    assert (MODULES / script).is_file(), f"{script} is not in RECTIFIER_NODE_MODULES: make test installs it"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [node, str(MODULES / script), *arguments],
            cwd=log.parent,
            env=os.environ | environment,
            stdout=output,
            stderr=output,
        )
    try:
        _wait(process, port, log)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")
