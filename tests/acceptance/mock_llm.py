"""@dwmkerr/mock-llm, a server from npm that replies by rules: any path, matched on what the request holds.

The folder that npm installed it into is named by ``RECTIFIER_NODE_MODULES`` (it ends in node_modules).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MockLLM:
    """A running server."""

    address: str

    def scripted(self, *rules: dict[str, object]) -> None:
        """Replace its rules; the last that matches a request answers it, and a request that none matches gets a 404."""
        self._ask("/config", {"streaming": {"chunkSize": 50, "chunkIntervalMs": 50}, "rules": rules})

    def _ask(self, path: str, body: object) -> None:
        data, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, data, headers), timeout=10) as response:
            assert response.status == 200


def rule(path: str, content: object, match: str = "@", status: int = 200) -> dict[str, object]:
    """A reply to POSTs at this path whose request (body, headers) the JMESPath expression finds true."""
    response = {"status": status, "content": json.dumps(content)}
    return {"path": f"^{path}$", "method": "POST", "match": match, "response": response}


@contextmanager
def served(folder: Path) -> Iterator[MockLLM]:
    """The server on a free port of the loopback, with the log in ``folder``."""
    modules = os.environ.get("RECTIFIER_NODE_MODULES")
    assert modules, "RECTIFIER_NODE_MODULES names no folder: npm install --prefix FOLDER @dwmkerr/mock-llm"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(modules, "@dwmkerr", "mock-llm", "dist", "main.js")
    environment = os.environ | {"HOST": "127.0.0.1", "PORT": str(port)}
    with (folder / "mock-llm.log").open("wb") as log:
        process = subprocess.Popen(["node", script], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        _wait(process, port, folder / "mock-llm.log")
        yield MockLLM(f"http://127.0.0.1:{port}")
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
