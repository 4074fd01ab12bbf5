"""Call an ASGI application in process, piece by piece, without any client library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


class Pieces(list[Any]):
    """A body whose unread rest can be looked at afterwards."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app, method: str, path: str, *, headers: dict[str, str] | None = None, body: Iterable = (b"",), stay: float = 600.0
) -> Answer:
    """Body pieces are bytes; a number waits so many seconds, None disconnects; after them the client stays so long.

    At most until the answer's end, after which servers say that it is gone.
    """
    path, _, query = path.partition("?")
    pieces = [body] if isinstance(body, bytes) else body if isinstance(body, Pieces) else list(body)
    given = {"host": "test", **(headers or {})}
    if pieces != [b""] and "content-length" not in given:
        given["transfer-encoding"] = "chunked"
    scope = _scope(method, path, query, given)
    sent: list[dict[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        while pieces:
            piece = pieces.pop(0)
            if isinstance(piece, (int, float)):
                await asyncio.sleep(piece)
            elif piece is None:
                return {"type": "http.disconnect"}
            else:
                return {"type": "http.request", "body": piece, "more_body": bool(pieces)}
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), stay)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            ended.set()

    await app(scope, receive, send)
    start = sent[0] if sent else {"status": 0, "headers": []}
    names = {k.decode(): v.decode() for k, v in start["headers"]}
    return Answer(start["status"], names, b"".join(m.get("body", b"") for m in sent[1:]))


def _scope(method: str, path: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
    }


def ask(app, method: str, path: str, **options: Any) -> Answer:
    """One call on an event loop of its own."""
    return asyncio.run(call(app, method, path, **options))
