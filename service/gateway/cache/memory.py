"""A cache in this process: least recently used first out, bounded in bytes, gone with the process."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

ENTRY_BYTES: Final = 250
"""What an entry takes beside the characters of its key and the bytes of its value (measured on CPython 3.11)."""


class MemoryCache:
    """At most ``max_bytes``, entries' own costs included; a value that alone is larger is not kept."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    @property
    def bytes_held(self) -> int:
        """What all entries take."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: str) -> bytes | None:
        """The value, now the most recently used."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value in place of the least recently used ones."""
        self._drop(key)
        size = _size(key, value)
        if size > self._max_bytes:
            return
        self._entries[key] = value
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def _drop(self, key: str) -> None:
        value = self._entries.pop(key, None)
        if value is not None:
            self._bytes -= _size(key, value)


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_BYTES
