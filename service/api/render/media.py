"""Answers out: the JSON answer in another media type. What JSON says is what every type says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from service.api.render.csv_lines import Lines, single_line, table

JSON = "application/json"
MSGPACK = ("application/vnd.msgpack", "application/msgpack", "application/x-msgpack")
CSV = "text/csv"
Renderer = Callable[[bytes], bytes]


def renderers(answer: type, lines: Lines | None) -> Mapping[str, Renderer]:
    """From the JSON bytes of an answer of this type to those of each media type, JSON first."""
    found: dict[str, Renderer] = {JSON: bytes} | dict.fromkeys(MSGPACK, to_msgpack)
    if lines is not None:
        found[CSV] = lambda body: table(msgspec.json.decode(body), answer, lines)
    return found


def validation_renderers(validation: type, lines: Lines | None) -> Mapping[str, Renderer]:
    """The same for the answer of ``?validate_only=true``: as CSV it is one line."""
    found = dict(renderers(validation, None))
    if lines is not None:
        found[CSV] = lambda body: single_line(msgspec.json.decode(body), validation)
    return found


def to_msgpack(body: bytes) -> bytes:
    """MessagePack of a JSON document, number for number."""
    return msgspec.msgpack.encode(msgspec.json.decode(body))
