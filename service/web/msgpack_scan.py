"""What a MessagePack reader does not say or says too late: sizes before anything is built, duplicate keys, depth.

One walk over the bytes. Lists of numbers and short strings are skipped by a regular expression, thousands at a time;
binary data is skipped by its length. Whatever the walk accepts is whole: nothing truncated, nothing behind the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from service.web.compression import NAME_EXTRA, too_many_values
from service.web.json_scan import Bytes
from service.web.problems import ProblemError


def _strings(first: int, last: int, fixed: int) -> bytes:
    """A pattern for one length byte and so many bytes, in groups of 16 so that few alternatives are tried."""
    groups = []
    for low in range(first, last + 1, 16):
        high = min(low + 15, last)
        texts = b"|".join(b"\\x%02x.{%d}" % (lead, lead - fixed) for lead in range(low, high + 1))
        groups.append(b"(?=[\\x%02x-\\x%02x])(?:%b)" % (low, high, texts))
    return b"(?:%b)" % b"|".join(groups)


_FLOAT64 = rb"\xcb(?![\x7f\xff][\xf0-\xff]).{8}"  # exponent bits all 1: NaN or infinity, left out
_FLOAT32 = rb"\xca(?![\x7f\xff][\x80-\xff]).{4}"
_ONE_BYTE = rb"[\x00-\x7f\xe0-\xff\xc0\xc2\xc3\x80\x90\xa0]"  # small integers, nil, booleans, what is empty
_INTEGER = rb"[\xcc\xd0].|[\xcd\xd1]..|[\xce\xd2].{4}|[\xcf\xd3].{8}"
_SHORT_TEXT = _strings(0xA1, 0xBF, 0xA0)
_LONGER_TEXT = rb"\xd9" + _strings(32, 255, 0)
_NUMBER = b"|".join((_FLOAT64, _ONE_BYTE, _INTEGER, _FLOAT32))
_SCALAR = _NUMBER + b"|" + _SHORT_TEXT
_MAX_CONTAINERS = 250_000  # a second of work
_NON_FINITE = {0xCB: 9, 0xCA: 5}
_TEXT, _BIN, _LIST, _MAP = "text", "bin", "list", "map"
_LONG = {
    0xD9: (_TEXT, 1), 0xDA: (_TEXT, 2), 0xDB: (_TEXT, 4), 0xC4: (_BIN, 1), 0xC5: (_BIN, 2), 0xC6: (_BIN, 4),
    0xDC: (_LIST, 2), 0xDD: (_LIST, 4), 0xDE: (_MAP, 2), 0xDF: (_MAP, 4),
}  # fmt: skip
_SHORT = {
    **{lead: (_MAP, lead - 0x80) for lead in range(0x80, 0x90)},
    **{lead: (_LIST, lead - 0x90) for lead in range(0x90, 0xA0)},
    **{lead: (_TEXT, lead - 0xA0) for lead in range(0xA0, 0xC0)},
}
_NO_SCALARS = frozenset({*_LONG, *_SHORT} - {0x80, 0x90, *range(0xA0, 0xC0), 0xD9})
_EXTENSIONS = frozenset({0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8})


@cache
def _runs() -> tuple[tuple[int, int, re.Pattern[bytes]], ...]:
    """How many, what a string among them adds to the count of values, the pattern; compiled for the first body."""
    return tuple(
        (count, extra, re.compile(b"(?:%b){%d}" % (item, count), re.DOTALL))
        for count, extra, item in (
            (4096, 0, _FLOAT64),
            (256, 0, _NUMBER),
            (256, NAME_EXTRA, _SCALAR + b"|" + _LONGER_TEXT),
            (16, 0, _NUMBER),
            (16, NAME_EXTRA, _SCALAR),
            (1, 0, _NUMBER),
            (1, NAME_EXTRA, _SCALAR),
        )
    )


@dataclass(slots=True)
class _Open:
    """A list or map that is being walked: what is left of it, and (map) the keys so far."""

    left: int
    keys: set[bytes] | None = None


@dataclass(slots=True)
class Scan:
    """A walk over MessagePack, bounded in values and depth; ``non_finite`` says whether it met NaN or infinity."""

    body: Bytes
    max_values: int
    max_depth: int
    non_finite: bool = False
    _at: int = 0
    _values: int = 0
    _containers: int = 0
    _open: list[_Open] = field(default_factory=list)

    def run(self) -> None:
        """Walk to the end; ``ProblemError`` 400 for what cannot be read, 413 for too many values."""
        self._open.append(_Open(1))
        while self._open:
            frame = self._open[-1]
            if not frame.left:
                self._open.pop()
            elif frame.keys is None:
                self._skip_scalars(frame)
                if frame.left:
                    frame.left -= 1
                    self._value()
            else:
                frame.left -= 1
                self._key(frame.keys)
                self._value()
        if self._at != len(self.body):
            raise self._malformed("Bytes follow the document")

    def _skip_scalars(self, frame: _Open) -> None:
        for size, extra, pattern in _runs():
            while frame.left >= size and (match := pattern.match(self.body, self._at)):
                self._at = match.end()
                frame.left -= size
                self._values += extra * size
                self._bounded()

    def _value(self) -> None:
        scalar = self._at >= len(self.body) or self.body[self._at] not in _NO_SCALARS
        if scalar and (match := _runs()[-1][2].match(self.body, self._at)):
            self._at = match.end()
            return
        kind, length = self._head()
        if kind in {_TEXT, _BIN}:
            self._advance(length)
        else:
            self._enter(kind, length)

    def _enter(self, kind: str, length: int) -> None:
        self._values += length
        self._containers += 1
        if self._containers > _MAX_CONTAINERS:
            raise ProblemError("too_many_numbers", f"The body holds more than {_MAX_CONTAINERS} lists and objects.")
        self._bounded()
        if len(self._open) > self.max_depth:
            raise ProblemError("too_deep", f"Lists and objects are nested more than {self.max_depth} deep.")
        self._open.append(_Open(length, set() if kind == _MAP else None))

    def _bounded(self) -> None:
        if self._values > self.max_values:
            raise too_many_values(self.max_values)

    def _key(self, keys: set[bytes]) -> None:
        kind, length = self._head()
        if kind != _TEXT:
            raise self._malformed("A key is not a string")
        start = self._at
        self._advance(length)
        key = bytes(self.body[start : self._at])
        if key in keys:
            name = key.decode("utf-8", "replace")
            raise ProblemError("duplicate_key", f"One object has the key {name[:100]!r} twice.")
        keys.add(key)

    def _head(self) -> tuple[str, int]:
        """Kind and length of what begins here, for all that is not a short scalar; moves behind the head."""
        if self._at >= len(self.body):
            raise self._malformed("The body ends in the middle of a value")
        lead = self.body[self._at]
        if lead in _SHORT:
            self._at += 1
            return _SHORT[lead]
        if lead in _LONG:
            kind, width = _LONG[lead]
            start = self._at + 1
            self._advance(1 + width)
            return kind, int.from_bytes(self.body[start : self._at], "big")
        if lead in _NON_FINITE and self._at + _NON_FINITE[lead] <= len(self.body):
            self.non_finite = True
            self._at += _NON_FINITE[lead]
            return _BIN, 0
        if lead in _EXTENSIONS:
            raise self._malformed("An extension type stands")
        if lead == 0xC1:
            raise self._malformed("A byte that is no MessagePack stands")
        raise self._malformed("A number is cut off or is a key")

    def _advance(self, length: int) -> None:
        if self._at + length > len(self.body):
            raise self._malformed("The body ends in the middle of a value")
        self._at += length

    def _malformed(self, words: str) -> ProblemError:
        return ProblemError("malformed_msgpack", f"{words} at byte {self._at}.")
