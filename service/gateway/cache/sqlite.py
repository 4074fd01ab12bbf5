"""A cache in one SQLite file, shared by the processes of one machine: what was put survives the process and the power.

**Assumes** a local disk (WAL does not work over a network file system); the table is the only one in the file.
Puts that come at the same time share one transaction and one fsync; ``put`` returns after it.
**Breaks** a full cache forgets the values put first, whether or not they were read since.
**Source** sqlite.org, Write-Ahead Logging and PRAGMA synchronous (FULL: durable after a commit, NORMAL is not).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.gateway.cache.protocol import CacheError

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS answers (at INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL)"
)
_PRAGMAS: Final = ("journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 16777216")
_GET: Final = "SELECT value FROM answers WHERE key = ?"
_PUT: Final = "INSERT OR REPLACE INTO answers (key, value) VALUES (?, ?)"
_EVICT: Final = "DELETE FROM answers WHERE at IN (SELECT at FROM answers ORDER BY at LIMIT 64)"
_USED: Final = (
    "SELECT (pages.page_count - free.freelist_count) * each.page_size "
    "FROM pragma_page_count AS pages, pragma_freelist_count AS free, pragma_page_size AS each"
)
_BUSY_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Batch:
    """Values that are written together, and what became of it."""

    values: dict[str, bytes] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    error: CacheError | None = None


class SqliteCache:
    """Reads and writes each have a thread and a connection of their own, so that no read waits for an fsync."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._reading = ThreadPoolExecutor(1, "cache-read")
        self._writing = ThreadPoolExecutor(1, "cache-write")
        try:
            self._writer = _connect(path)
            self._reader = _connect(path)
        except sqlite3.Error as error:
            failed = _failure("opened", error)
        else:
            self._next = _Batch()
            self._now = _Batch()
            self._writes: asyncio.Task[None] | None = None
            return
        raise failed

    async def get(self, key: str) -> bytes | None:
        """The value, from the file or from what is on its way there."""
        for batch in (self._next, self._now):
            if key in batch.values:
                return batch.values[key]
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reading, self._read, key)
        except sqlite3.Error as error:
            failed = _failure("read", error)
        raise failed

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value in place of those put first; written and synced when this returns, and also when cancelled."""
        if len(value) > self._max_bytes:
            return
        batch = self._next
        batch.values[key] = value
        if self._writes is None:
            self._writes = asyncio.create_task(self._write_batches())
        await batch.written.wait()
        if batch.error is not None:
            raise CacheError(*batch.error.args)

    async def close(self) -> None:
        """Finish writing and close the file."""
        if self._writes is not None:
            await self._writes
        for pool, connection in ((self._reading, self._reader), (self._writing, self._writer)):
            await asyncio.get_running_loop().run_in_executor(pool, connection.close)
            pool.shutdown()

    async def _write_batches(self) -> None:
        """Whatever becomes of a batch, those who wait for it are told."""
        loop = asyncio.get_running_loop()
        try:
            while self._next.values:
                batch = self._now = self._next
                self._next = _Batch()
                batch.error = CacheError("The SQLite cache was left before this was written.")
                try:
                    await loop.run_in_executor(self._writing, self._write, batch.values)
                    batch.error = None
                except Exception as error:  # noqa: BLE001 - also what is not SQLite's: a full memory, a closed pool
                    batch.error = _failure("written", error)
                finally:
                    batch.written.set()
        finally:
            self._now = _Batch()
            self._writes = None

    def _read(self, key: str) -> bytes | None:
        row = self._reader.execute(_GET, (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def _write(self, values: Mapping[str, bytes]) -> None:
        """All values in one transaction, and as many of the first ones out as it takes."""
        with self._writer as transaction:
            transaction.execute("BEGIN IMMEDIATE")
            transaction.executemany(_PUT, values.items())
            while transaction.execute(_USED).fetchone()[0] > self._max_bytes:
                if transaction.execute(_EVICT).rowcount == 0:
                    break


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _failure(what: str, error: Exception) -> CacheError:
    return CacheError(
        f"The SQLite cache could not be {what}: {getattr(error, 'sqlite_errorname', type(error).__name__)}."
    )
