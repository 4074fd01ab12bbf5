"""HTTP by hand over a socket: what no well-behaved client would send, and a strict reading of the answer."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request with Content-Length."""
    given = {"Host": "test", "Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in given.items() if v), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def say(server, data: bytes, *, head: bool = False) -> Reply:
    """Send everything, then read one answer."""
    with server.connect() as connection:
        connection.sendall(data)
        return hear(connection, head=head)


def hear(connection: socket.socket, *, head: bool = False) -> Reply:
    """One answer and not a byte more, its body as long as Content-Length says."""
    top = b""
    while not top.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        assert piece, f"the connection closed after {top!r}"
        top += piece
    status, *lines = top.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
    length = 0 if head or status.split()[1] in {"204", "304"} else int(headers["content-length"])
    body = b""
    while len(body) < length:
        piece = connection.recv(length - len(body))
        assert piece, "the connection closed inside the body"
        body += piece
    return Reply(int(status.split()[1]), headers, body)


def post(server, body: bytes, path: str = "/v1/calibrations", **headers: str) -> Reply:
    return say(server, request("POST", path, body, **headers))
