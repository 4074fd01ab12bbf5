"""@copilotkit/aimock, a server from npm: it speaks providers' wires, makes trouble on demand, and keeps a journal."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.node import free_port, running

WIRES = {
    "openai_chat": "/v1",
    "openai_responses": "/v1",
    "anthropic": "",
    "gemini": "",
    "bedrock_converse": "",
}
"""Codecs, and where below the server's address their base URLs are."""
FIXTURES = "fixtures.json"


@dataclass(frozen=True)
class AIMock:
    """A running server."""

    address: str

    def offered(self, *codecs: str, **more: Any) -> dict[str, dict[str, Any]]:
        """Providers named as their codecs, with more members each."""
        place = {codec: self.address + WIRES[codec] for codec in codecs}
        return {codec: {"codec": codec, "base_url": place[codec], "local": True} | more for codec in codecs}

    def chaos(self, **rates: float) -> None:
        """Shares of requests that go wrong: dropRate, malformedRate, disconnectRate, rateLimitRate; none clears."""
        self._ask("POST" if rates else "DELETE", "/__aimock/chaos", rates or None)

    def error(self, status: int, kind: str) -> None:
        """The next request gets an error."""
        self._ask("POST", "/__aimock/error", {"status": status, "body": {"message": "told to", "type": kind}})

    def journal(self) -> list[dict[str, Any]]:
        """Every request since the last reset, with its response."""
        found: list[dict[str, Any]] = json.loads(self._ask("GET", "/__aimock/journal"))
        return found

    def forget(self) -> None:
        """An empty journal, and no more trouble."""
        self.chaos()
        self._ask("POST", "/__aimock/reset/journal")

    def _ask(self, method: str, path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            content: bytes = response.read()
        return content


@contextmanager
def served(folder: Path) -> Iterator[AIMock]:
    """The server on a free port of the loopback: 4 to trust, "r" to colour, a tool's call to "Call it", else words."""
    usage = {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55, "input_tokens": 50, "output_tokens": 5}
    said = {"I trust": '{"trust":4}', "Which colour": '{"colour":"r"}'}
    fixtures = [
        {"match": {"userMessage": words}, "response": {"content": content, "usage": usage}}
        for words, content in said.items()
    ]
    calls = {"toolCalls": [{"name": "noop", "arguments": "{}"}]}
    fixtures.append({"match": {"userMessage": "Call it"}, "response": calls})
    fixtures.append({"match": {}, "response": {"content": "plain words", "usage": usage}})
    (folder / FIXTURES).write_text(json.dumps({"fixtures": fixtures}))
    port = free_port()
    told = ["-p", str(port), "-h", "127.0.0.1", "-f", str(folder), "--log-level", "warn", "--journal-max", "0"]
    with running("@copilotkit/aimock/dist/cli.js", port, folder / "aimock.log", *told):
        yield AIMock(f"http://127.0.0.1:{port}")
