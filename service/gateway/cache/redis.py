"""A cache in a Redis server, shared by every replica; what is kept there ends after a time to live.

The client is the ``redis`` package, an optional extra: connection pools, TLS, authentication and reconnecting are its
business, and it needs no other package. It is imported when the first cache of this kind is made.
A server that cannot be reached, or does not answer, is left alone for a while: a call does not wait for it each time.
**Assumes** the server is the operator's and bounds its own memory (``maxmemory`` with an LRU policy).
**Breaks** how safe a value is depends on the server's persistence; without it a restart forgets what was paid for.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Final, Protocol, TypeVar, cast

from service.gateway.cache.protocol import CacheError
from service.gateway.conduct.breaker import Breaker

PREFIX: Final = "rectifier:answer:"
_SECONDS: Final = 5.0
_CONNECTIONS: Final = 32
"""Beyond these, calls wait for each other."""
REST_SECONDS: Final = 5.0
"""How long a server that failed is left alone; then one call tries it."""
T = TypeVar("T")


class _Client(Protocol):
    async def get(self, name: str) -> bytes | None: ...

    async def set(self, name: str, value: bytes, *, ex: int) -> object: ...

    async def aclose(self) -> None: ...


class RedisCache:
    """Values under ``prefix`` plus their key, each for ``ttl_seconds`` from when it was put.

    ``url`` is ``redis://``, ``rediss://`` (TLS) or ``unix://``, with the password in it where there is one; it is not
    shown anywhere. Errors: ImportError without the extra, CacheError for a URL that is none.
    """

    def __init__(
        self, url: str, *, ttl_seconds: int, prefix: str = PREFIX, clock: Callable[[], float] = time.monotonic
    ) -> None:
        package, errors = import_module("redis.asyncio"), import_module("redis.exceptions")
        self._errors = (errors.RedisError, OSError)
        self._away = (errors.ConnectionError, errors.TimeoutError, OSError)
        self._breaker = Breaker(clock, threshold=1, rest=REST_SECONDS)
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
        return await self._told("read", lambda: self._client.get(self._prefix + key))

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value for its time; the server has it when this returns."""
        await self._told("written", lambda: self._client.set(self._prefix + key, value, ex=self._ttl_seconds))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _told(self, what: str, command: Callable[[], Awaitable[T]]) -> T:
        """What the server says to a command."""
        admitted = self._breaker.admit()
        if admitted is None:
            raise CacheError(f"The Redis cache could not be {what}: it is left alone for now.")
        tell = self._breaker.left
        try:
            answer = await command()
        except self._errors as error:
            tell = self._breaker.failed if isinstance(error, self._away) else self._breaker.succeeded
            failed = CacheError(f"The Redis cache could not be {what}: {type(error).__name__}.")
        else:
            tell = self._breaker.succeeded
            return answer
        finally:
            tell(admitted)
        raise failed
