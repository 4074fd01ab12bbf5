"""What an Arrow stream will need, found before anything is built from it: whole, uncompressed, so many values.

The framing and three tables of the IPC format are read here, each field within bounds; pyarrow, which checks the rest,
reads the stream afterwards.
Source: Apache Arrow columnar format, "Serialization and Interprocess Communication (IPC)", with Message.fbs; the
internals of FlatBuffers for tables, vtables and vectors.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from service.web.compression import NAME_EXTRA, too_many_values
from service.web.json_scan import Bytes
from service.web.problems import ProblemError

_CONTINUES = 0xFFFFFFFF
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3  # fields of a Message
_LENGTH, _NODES, _COMPRESSION = 0, 1, 3  # of a RecordBatch
_DATA = 1  # of a DictionaryBatch
_FIELDS = 1  # of a Schema
_TYPE, _ENCODED = 2, 4  # of a Field
_TEXT, _BOOL = frozenset({5, 20}), 6  # Utf8 and LargeUtf8, of a dictionary, too
_MAX_MESSAGES = 100_000
_GLANCED = 100  # messages
_CHECKED = 10  # entries of dictionaries per value that may be: each batch has all of them checked again


def scan(body: Bytes, max_values: int) -> None:
    """400 for a stream that is no Arrow, is cut off or goes on behind its end, 413 over the limit, 422 compressed."""
    values = texts = words = checked = 0
    try:
        for kind, message in _messages(body):
            if kind == _SCHEMA:
                texts = sum(f.number("<B", _TYPE) in _TEXT and not f.place(_ENCODED) for f in _fields(message))
            elif kind in {_DICTIONARY, _BATCH}:
                batch = message.table(_HEADER)
                if kind == _DICTIONARY:
                    batch = batch.table(_DATA)
                    words += _rows(batch)
                values += _values(batch, texts if kind == _BATCH else 1)
                checked += words
            if values > max_values or checked > _CHECKED * max_values:
                raise too_many_values(max_values)
    except struct.error:
        raise malformed() from None


def _values(batch: _Table, texts: int) -> int:
    """How many values the columns of a batch hold, so many of which are names."""
    if batch.place(_COMPRESSION):
        raise ProblemError("compressed_arrow", "The buffers of the stream are compressed.")
    rows = _rows(batch)
    return max(rows, sum(batch.lengths(_NODES))) + NAME_EXTRA * texts * rows


def _rows(batch: _Table) -> int:
    """How many rows a batch has: pyarrow does not compare what one of a dictionary says with its column."""
    said = batch.number("<q", _LENGTH)
    if said < 0:
        raise malformed()
    return max((said, *batch.lengths(_NODES)[:1]))


def objects_in(body: Bytes) -> int:
    """How many names and truth values there are, told from the first batches; 0 for what is no Arrow."""
    columns = found = seen = 0
    try:
        for kind, message in _messages(body):
            if kind == _SCHEMA:
                columns = sum(field.number("<B", _TYPE) in {*_TEXT, _BOOL} for field in _fields(message))
            elif kind == _BATCH:
                found += columns * _rows(message.table(_HEADER))
            seen += 1
            if not columns or seen > _GLANCED:
                return found and max(found, len(body))
    except (struct.error, ProblemError):
        return 0
    return found


def malformed() -> ProblemError:
    """The refusal of a stream that cannot be read."""
    return ProblemError("malformed_arrow", "The body is no complete Arrow IPC stream.")


def _fields(schema: _Table) -> list[_Table]:
    return schema.table(_HEADER).tables(_FIELDS)


def _messages(body: Bytes) -> Iterator[tuple[int, _Table]]:
    """The kinds of the messages, and the messages; the end of the stream has to be that of the body."""
    at = 0
    for _ in range(_MAX_MESSAGES):
        marker, size = struct.unpack_from("<Ii", body, at)
        at += 8
        if marker != _CONTINUES or size < 0:
            raise malformed()
        if not size:
            if at != len(body):
                raise malformed()
            return
        message = _root(memoryview(body)[at : at + size])
        behind = at + size + message.number("<q", _BODY_LENGTH)
        if not at + size <= behind <= len(body):
            raise malformed()
        at = behind
        yield message.number("<B", _HEADER_TYPE), message
    raise malformed()


def _root(metadata: memoryview) -> _Table:
    return _Table(metadata, _unpacked("<I", metadata, 0))


@dataclass(frozen=True, slots=True)
class _Table:
    """A FlatBuffers table: where it stands in the metadata of a message."""

    metadata: memoryview
    at: int

    def place(self, field: int) -> int:
        """Where a field stands; 0 for one that is absent."""
        vtable = self.at - _unpacked("<i", self.metadata, self.at)
        slot = 4 + 2 * field
        offset = _unpacked("<H", self.metadata, vtable + slot) if slot < _unpacked("<H", self.metadata, vtable) else 0
        return self.at + offset if offset else 0

    def number(self, form: str, field: int) -> int:
        """A number; 0 for one that is absent."""
        place = self.place(field)
        return _unpacked(form, self.metadata, place) if place else 0

    def table(self, field: int) -> _Table:
        """A table within the table."""
        place = self.place(field)
        if not place:
            raise malformed()
        return _Table(self.metadata, place + _unpacked("<I", self.metadata, place))

    def tables(self, field: int) -> list[_Table]:
        """The tables of a vector."""
        place = self.place(field)
        if not place:
            return []
        start = place + _unpacked("<I", self.metadata, place)
        count = _unpacked("<I", self.metadata, start)
        if 4 * count > len(self.metadata):
            raise malformed()
        places = range(start + 4, start + 4 + 4 * count, 4)
        return [_Table(self.metadata, at + _unpacked("<I", self.metadata, at)) for at in places]

    def lengths(self, field: int) -> tuple[int, ...]:
        """The lengths of columns: the first halves of a vector of pairs."""
        place = self.place(field)
        if not place:
            return ()
        start = place + _unpacked("<I", self.metadata, place)
        count = _unpacked("<I", self.metadata, start)
        if 16 * count > len(self.metadata):
            raise malformed()
        pairs = struct.unpack_from(f"<{2 * count}q", self.metadata, start + 4)
        if min(pairs, default=0) < 0:
            raise malformed()
        return pairs[::2]


def _unpacked(form: str, metadata: memoryview, at: int) -> int:
    if at < 0:
        raise malformed()
    found: int = struct.unpack_from(form, metadata, at)[0]
    return found
