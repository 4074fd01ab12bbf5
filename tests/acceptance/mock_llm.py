"""@dwmkerr/mock-llm, a server from npm that replies by rules: any path, matched on what the request holds."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.node import free_port, running


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
    log, port = folder / "mock-llm.log", free_port()
    environment = {"HOST": "127.0.0.1", "PORT": str(port)}
    with running("@dwmkerr/mock-llm/dist/main.js", port, log, **environment):
        yield MockLLM(f"http://127.0.0.1:{port}")
