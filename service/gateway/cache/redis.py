"""A cache in a Redis server, shared by every replica; what is kept there ends after a time to live.

The client is the ``redis`` package, an optional extra: connection pools, TLS, authentication and reconnecting are its
business, and it needs no other package. It is imported when the first cache of this kind is made.
**Assumes** the server is the operator's and bounds its own memory (``maxmemory`` with an LRU policy).
**Breaks** how safe a value is depends on the server's persistence; without it a restart forgets what was paid for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final, Protocol, cast

from service.gateway.cache.protocol import CacheError

PREFIX: Final = "rectifier:answer:"
_SECONDS: Final = 5.0
_CONNECTIONS: Final = 32
"""Beyond these, calls wait for each other."""


class _Client(Protocol):
    async def get(self, name: str) -> bytes | None: ...

    async def set(self, name: str, value: bytes, *, ex: int) -> object: ...

    async def aclose(self) -> None: ...


class RedisCache:
    """Values under ``prefix`` plus their key, each for ``ttl_seconds`` from when it was put.

    ``url`` is ``redis://``, ``rediss://`` (TLS) or ``unix://``, with the password in it where there is one; it is not
    shown anywhere. Errors: ImportError without the extra, CacheError for a URL that is none.
    """

    def __init__(self, url: str, *, ttl_seconds: int, prefix: str = PREFIX) -> None:
        package = import_module("redis.asyncio")
        self._errors = (import_module("redis.exceptions").RedisError, OSError)
        self._prefix = prefix
        self._ttl_seconds = ttl_seconds
        try:
            pool = package.BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=_SECONDS,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
            )
            pool.connection_class(**pool.connection_kwargs)  # not opened: an option that there is not shows only here
        except (ValueError, TypeError):
            pool = None
        if pool is None:
            raise CacheError("The Redis cache has a URL that is none.")
        self._client = cast("_Client", package.Redis.from_pool(pool))

    async def get(self, key: str) -> bytes | None:
        """The value, None where there is none or its time is over."""
        try:
            return await self._client.get(self._prefix + key)
        except self._errors as error:
            failed = CacheError(f"The Redis cache could not be read: {type(error).__name__}.")
        raise failed

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value for its time; the server has it when this returns."""
        try:
            await self._client.set(self._prefix + key, value, ex=self._ttl_seconds)
        except self._errors as error:
            failed = CacheError(f"The Redis cache could not be written: {type(error).__name__}.")
        else:
            return
        raise failed

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
