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

from service.web.compression import too_many_values
from service.web.json_scan import Bytes
from service.web.problems import ProblemError

_CONTINUES = 0xFFFFFFFF
_DICTIONARY, _BATCH = 2, 3
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3  # fields of a Message
_LENGTH, _NODES, _COMPRESSION = 0, 1, 3  # of a RecordBatch
_DATA = 1  # of a DictionaryBatch
_MAX_MESSAGES = 100_000


def scan(body: Bytes, max_values: int) -> None:
    """400 for a stream that is no Arrow, is cut off or goes on behind its end, 413 over the limit, 422 compressed."""
    values = 0
    try:
        for table in _batches(body):
            if table.place(_COMPRESSION):
                raise ProblemError("compressed_arrow", "The buffers of the stream are compressed.")
            values += max(table.number("<q", _LENGTH), table.node_lengths(_NODES))
            if values > max_values:
                raise too_many_values(max_values)
    except struct.error:
        raise malformed() from None


def malformed() -> ProblemError:
    """The refusal of a stream that cannot be read."""
    return ProblemError("malformed_arrow", "The body is no complete Arrow IPC stream.")


def _batches(body: Bytes) -> Iterator[_Table]:
    """The record batches, those of dictionaries included."""
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
        kind = message.number("<B", _HEADER_TYPE)
        if kind == _BATCH:
            yield message.table(_HEADER)
        elif kind == _DICTIONARY:
            yield message.table(_HEADER).table(_DATA)
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

    def node_lengths(self, field: int) -> int:
        """The sum of the lengths of columns: the first halves of a vector of pairs."""
        place = self.place(field)
        if not place:
            return 0
        start = place + _unpacked("<I", self.metadata, place)
        count = _unpacked("<I", self.metadata, start)
        if 16 * count > len(self.metadata):
            raise malformed()
        pairs = struct.unpack_from(f"<{2 * count}q", self.metadata, start + 4)
        if min(pairs, default=0) < 0:
            raise malformed()
        return sum(pairs[::2])


def _unpacked(form: str, metadata: memoryview, at: int) -> int:
    if at < 0:
        raise malformed()
    found: int = struct.unpack_from(form, metadata, at)[0]
    return found
