"""Facts about JSON bytes that parsers do not report: keys twice, depth, lists. Long number arrays cost one memchr."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, TypeAlias

import msgspec

Bytes: TypeAlias = bytes | bytearray
Json: TypeAlias = dict[str, Any] | list[Any] | str | bytes | float | bool | None

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# a key with its colon, or a run of strings that are values
_KEY_OR_STRINGS = re.compile(
    rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")(?:(\s*+:)|(?:\s*+,\s*+' + _STRING + rb"(?!\s*+:)){0,999})", re.DOTALL
)
_ANY_STRING = re.compile(_STRING, re.DOTALL)
_COLON = re.compile(rb"\s*+:")
_LONG = 256  # bytes of a string that the expression reads more slowly than the searches for its end
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def duplicate_key(body: Bytes, limit: int | None = None) -> str | None:
    """The first key that stands twice in one object of this valid JSON, or None; looks at ``limit`` keys."""
    objects: list[set[bytes]] = []
    at = seen = 0
    while (quote := body.find(b'"', at)) >= 0:
        if at < quote:
            _follow_braces(body, at, quote, objects)
        if end := _end_of_long_value(body, quote):
            at = end
            continue
        match = _KEY_OR_STRINGS.match(body, quote)
        if match is None:
            return None
        at = match.end()
        if match[2] is None:
            continue
        key = match[1]
        if b"\\" in key:
            key = msgspec.json.encode(msgspec.json.decode(key, type=str))
        if key in objects[-1]:
            return msgspec.json.decode(key, type=str)
        objects[-1].add(key)
        seen += 1
        if seen == limit:
            return None
    return None


def depth(body: Bytes) -> int:
    """How deeply lists and objects nest (0 for a scalar), also for malformed JSON."""
    brackets = _ANY_STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def has_lists(body: Bytes, count: int) -> bool:
    """Whether this valid JSON has so many lists."""
    at = -1
    for _ in range(count):
        at = body.find(b"[", at + 1)
        if at < 0:
            return False
    return body.find(b"[", at + 1) < 0 or _ANY_STRING.sub(b"", body).count(b"[") == count


def _end_of_long_value(body: Bytes, quote: int) -> int:
    """Where the string after this quote ends if it is long, a value and without escapes (base64 is), or 0."""
    end = body.find(b'"', quote + 1)
    if end - quote < _LONG or body.find(b"\\", quote, end) >= 0 or _COLON.match(body, end + 1):
        return 0
    return end + 1


def _follow_braces(body: Bytes, start: int, end: int, objects: list[set[bytes]]) -> None:
    """Open and close objects along a stretch without strings."""
    if body.find(b"{", start, end) < 0 and body.find(b"}", start, end) < 0:
        return
    for char in body[start:end].translate(None, _NOT_BRACKETS):
        if char == 0x7B:
            objects.append(set())
        elif char == 0x7D:
            objects.pop()
