"""JSON bytes to a typed struct, strictly; what fails goes to the second pass, which lists every problem."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Generic, TypeVar

import msgspec

from service.web.json_scan import Bytes, Json, depth, duplicate_key
from service.web.problems import ProblemError
from service.web.second_pass import SecondPass

T = TypeVar("T")
MAX_DEPTH = 100
_KEYS_LOOKED_AT_IN_BAD_BODIES = 100_000
_BYTE = re.compile(r"\(byte (\d+)\)")
_UNTYPED = msgspec.json.Decoder(float_hook=float)


class StrictDecoder(Generic[T]):
    """A decoder for one struct type; build it once per module. ``promised`` words are refused as not offered yet."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._decoder = msgspec.json.Decoder(kind, strict=True)
        self._second_pass = SecondPass(kind, promised)

    def decode(self, body: Bytes) -> T:
        """The struct; ``ProblemError`` 400 for what is not JSON or has a duplicate key, 422 with every problem."""
        body = without_mark(body)
        try:
            decoded = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded = self._second_pass.read(json_tree(body))
        _refuse_duplicates(body, None)
        return decoded


def without_mark(body: Bytes) -> Bytes:
    """The body without a byte order mark; 400 when nothing is left."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    if not body or body.isspace():
        raise ProblemError("empty_body", "A document is needed as the body.")
    return body


def json_tree(body: Bytes) -> Json:
    """The untyped value of JSON; ``ProblemError`` 400 when it is none, or is too deep, or has a duplicate key."""
    if depth(body) > MAX_DEPTH:
        raise ProblemError("too_deep", f"Lists and objects are nested more than {MAX_DEPTH} deep.")
    try:
        tree: Json = _UNTYPED.decode(body)
    except UnicodeDecodeError as error:
        raise ProblemError("invalid_utf8", f"The bytes are not UTF-8 ({error.reason}).") from None
    except msgspec.DecodeError as error:
        raise _malformed(body, str(error)) from None
    _refuse_duplicates(body, _KEYS_LOOKED_AT_IN_BAD_BODIES)
    return tree


def _malformed(body: Bytes, message: str) -> ProblemError:
    found = _BYTE.search(message)
    if found is None:
        return ProblemError("malformed_json", "The body ends in the middle of a value, or a \\u escape is half a pair.")
    at = int(found[1])
    line, line_start = body.count(b"\n", 0, at) + 1, body.rfind(b"\n", 0, at)
    place = f"at byte {at}, line {line}, column {at - line_start}"
    if re.match(rb"-?(NaN|Infinity|nan|inf)", body[max(at - 1, 0) : at + 9].lstrip(b" \t\r\n,:[")):
        return ProblemError("nan_literal", f"A bare NaN or Infinity stands {place}.")
    return ProblemError("malformed_json", f"The body stops being JSON {place}.")


def _refuse_duplicates(body: Bytes, limit: int | None) -> None:
    key = duplicate_key(body, limit)
    if key is not None:
        raise duplicate(key)


def duplicate(key: str) -> ProblemError:
    """The refusal of a key that one object has twice."""
    return ProblemError("duplicate_key", f"One object has the key {key[:100]!r} twice.")
