"""Bytes to a typed struct, strictly; when that fails, a second, untyped pass that lists every problem.

::

    body --typed decode--> struct                                     (the path of every good request)
          `--failed--> too deep? bad JSON? --> 400
                       untyped value --inspection--> 422, every problem with its place
                                      `--only 3.0 for 3--> struct     (integral numbers are integers)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Generic, TypeVar

import msgspec

from service.web.inspection import Inspection
from service.web.json_scan import Bytes, Json, depth, duplicate_key
from service.web.problems import FieldError, ProblemError, from_errors

T = TypeVar("T")
_MAX_DEPTH = 100
_KEYS_LOOKED_AT_IN_BAD_BODIES = 100_000
_BYTE = re.compile(r"\(byte (\d+)\)")
_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_UNTYPED = msgspec.json.Decoder(float_hook=float)


class StrictDecoder(Generic[T]):
    """A decoder for one struct type; build it once per module. ``promised`` words are refused as not offered yet."""

    def __init__(self, kind: type[T], promised: Collection[str] = ()) -> None:
        self._kind = kind
        self._promised = frozenset(promised)
        self._decoder = msgspec.json.Decoder(kind, strict=True)
        self._type = msgspec.inspect.type_info(kind)

    def decode(self, body: Bytes) -> T:
        """The struct; ``ProblemError`` 400 for what is not JSON or has a duplicate key, 422 with every problem."""
        if body.startswith(b"\xef\xbb\xbf"):
            body = body[3:]
        if not body.strip():
            raise ProblemError("empty_body", "A JSON document is needed as the body.")
        try:
            decoded = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._explain(body, error)
        _refuse_duplicates(body, None)
        return decoded

    def _explain(self, body: Bytes, typed_error: Exception) -> T:
        value = _untyped(body)
        _refuse_duplicates(body, _KEYS_LOOKED_AT_IN_BAD_BODIES)
        inspection = Inspection()
        inspection.visit(self._type, value, "")
        if inspection.total:
            raise from_errors([self._softened(e, value) for e in inspection.errors()], inspection.total)
        try:
            return msgspec.convert(value, self._kind, strict=True)
        except msgspec.ValidationError as error:
            typed_error = error
        raise from_errors([_from_message(str(typed_error))])

    def _softened(self, error: FieldError, value: Json) -> FieldError:
        """A word of the contract that is not offered yet is no unknown value."""
        if error.code != "unknown_value" or str(_at(value, error.pointer)) not in self._promised:
            return error
        hint = f"Supported now: {error.hint.partition('Allowed: ')[2]}"
        return FieldError(error.pointer, "unsupported_combination", "This is documented but not computed yet.", hint)


def _at(value: Json, pointer: str) -> Json:
    """The value at a JSON pointer that leads somewhere."""
    for token in pointer.split("/")[1:]:
        step = token.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step] if isinstance(value, dict) else None
    return value


def _untyped(body: Bytes) -> Json:
    if depth(body) > _MAX_DEPTH:
        raise ProblemError("too_deep", f"Lists and objects are nested more than {_MAX_DEPTH} deep.")
    try:
        value: Json = _UNTYPED.decode(body)
    except UnicodeDecodeError as error:
        raise ProblemError("invalid_utf8", f"The bytes are not UTF-8 ({error.reason}).") from None
    except msgspec.DecodeError as error:
        raise _malformed(body, str(error)) from None
    return value


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
        raise ProblemError("duplicate_key", f"One object has the key {key[:100]!r} twice.")


def _from_message(message: str) -> FieldError:
    """The last resort: the place in msgspec's own message, without its text, which may quote a value."""
    place = _PLACE.search(message)
    steps = _STEP.findall(place[1]) if place else []
    pointer = "".join(f"/{name or index}" for name, index in steps)
    return FieldError(pointer, "wrong_type", "The value does not fit the documented schema.", "See /openapi.json.")
