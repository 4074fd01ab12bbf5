"""What a cache is: bytes by key, kept at least as long as there is room."""

from __future__ import annotations

from typing import Protocol


class CacheError(Exception):
    """The store cannot be read or written; it says which and what kind of error, never a key, value or address."""


class Cache(Protocol):
    """Finished answers by their hash. A value is never changed by keeping it; one that is gone is asked for again."""

    async def get(self, key: str) -> bytes | None:
        """The value, None where there is none. Errors: CacheError."""
        ...

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value; when this returns it is as safe as the store makes it. Errors: CacheError."""
        ...

    async def close(self) -> None:
        """Let go of what the store holds open; nothing is called after it."""
        ...
