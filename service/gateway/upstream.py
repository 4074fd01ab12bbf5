"""The only socket: where requests leave for providers, and what may not leave or come in.

**Assumes** base URLs are the operator's; a path is a codec's, and may have a caller's model name in it, so it is
checked too. Names are looked up by the resolver given, and each address is judged where its socket is made: what is
checked is what is connected to, however often a name changes its answer.
**Raises** UpstreamError, and nothing that holds a key, an address or a body.
**Differs** from one session for all: local providers have their own, so that no connection and no resolved name that
was allowed for one of them is ever used for another provider.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from service.gateway.addresses import is_allowed
from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Received, Sent
from service.gateway.receiving import received
from service.gateway.transport import Kind, Transport, UpstreamError

MAX_RESPONSE_BYTES: Final = 8 * 2**20
_CONNECT_SECONDS: Final = 10.0
_KEEP_ALIVE_SECONDS: Final = 15.0
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
_LATENCY: Final = "x-simulated-latency-ms"
_HEADERS: Final = {"Accept-Encoding": "gzip", "User-Agent": "rectifier-gateway"}

_MEANING: Final[tuple[tuple[tuple[type[Exception], ...], Kind, bool], ...]] = (
    ((aiohttp.InvalidURL,), "refused_address", False),
    ((aiohttp.ConnectionTimeoutError,), "timeout", False),
    ((TimeoutError,), "timeout", True),
    ((aiohttp.ClientConnectorError,), "connection", False),
    ((aiohttp.ClientConnectionError, OSError, RuntimeError), "connection", True),
    ((aiohttp.ClientError, ValueError), "protocol", True),
)
"""What a failure of the client library means, and whether the request may have been sent; the first that fits."""
_CAUGHT: Final = tuple(each for types, _, _ in _MEANING for each in types)


class RefusedAddressError(PermissionError):
    """An address that this provider may not be at."""


class GuardedResolver(AbstractResolver):
    """A resolver whose answer is refused whole as soon as one address in it is not allowed."""

    def __init__(self, inner: AbstractResolver, local: bool) -> None:
        self._inner = inner
        self._local = local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_allowed(each["host"], self._local) for each in found):
            raise RefusedAddressError
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()


class Upstream:
    """Providers over HTTP: TLS verified, no redirects, no cookies, no proxy from the environment, bounded responses."""

    def __init__(
        self,
        *,
        max_bytes: int = MAX_RESPONSE_BYTES,
        resolver: Callable[[], AbstractResolver] = DefaultResolver,
    ) -> None:
        self._max_bytes = max_bytes
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._resolvers: list[AbstractResolver] = []

    async def __aenter__(self) -> Self:
        """Itself; connections are opened when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self.close()

    async def close(self) -> None:
        """Close every connection; a request that is under way fails."""
        for session in self._sessions.values():
            await session.close()
        for resolver in self._resolvers:
            await resolver.close()
        self._sessions.clear()
        self._resolvers.clear()

    async def send(
        self,
        provider: Provider,
        sent: Sent,
        secret_headers: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - its own, to tell a timeout from a cancelled call
    ) -> Received:
        """POST the request below the provider's base URL; the whole response within ``timeout`` seconds."""
        url = target(provider, sent.path)
        try:
            async with self._session(provider.local).post(
                url,
                data=sent.body,
                headers={**sent.headers, **secret_headers},
                timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, _CONNECT_SECONDS)),
                allow_redirects=False,
            ) as response:
                return received(response.status, response.headers, await self._body(response), secret_headers)
        except _CAUGHT as error:
            failed = _meaning(error)
        raise failed  # here, where no other error hangs on it

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if 300 <= response.status < 400:
            response.close()
            raise UpstreamError("redirect")
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > self._max_bytes:
                response.close()
                raise UpstreamError("too_large")
        return bytes(body)

    def _session(self, local: bool) -> aiohttp.ClientSession:
        if local not in self._sessions:
            resolver = GuardedResolver(self._resolver(), local)
            self._resolvers.append(resolver)
            self._sessions[local] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=resolver,
                    socket_factory=_guarded_socket(local),
                    limit=0,  # windows bound what is in flight
                    keepalive_timeout=_KEEP_ALIVE_SECONDS,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=_HEADERS,
                trust_env=False,
            )
        return self._sessions[local]


class Simulated:
    """The simulated provider, answered in this process: the bytes go to its server and come back, through no socket."""

    def __init__(self, respond: Callable[[bytes], Received] | None = None) -> None:
        self._respond = respond

    async def send(
        self,
        provider: Provider,
        sent: Sent,
        secret_headers: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - its own, to tell a timeout from a cancelled call
    ) -> Received:
        """The simulation's response, after the latency it asks for; a longer one than ``timeout`` is a timeout."""
        del provider, secret_headers
        if self._respond is None:
            from service.gateway.simulation import respond

            self._respond = respond
        answer = self._respond(sent.body)
        seconds = float(answer.headers.get(_LATENCY, "0")) / 1000
        await asyncio.sleep(min(seconds, timeout))  # also for 0: others get their turn
        if seconds > timeout:
            raise UpstreamError("timeout")
        return answer


def target(provider: Provider, path: str) -> URL:
    """The URL of a path below the provider's base URL, whose query stays.

    Errors: UpstreamError, ``refused_address``, for a base URL that is not https (http: ``local`` only) or carries a
    user, and for a path that could lead elsewhere.
    """
    base = _base(provider)
    plain, _, query = path.partition("?")
    if not _PATH.fullmatch(path) or any(unquote(step) in {".", ".."} for step in plain.split("/")):
        raise UpstreamError("refused_address", dispatched=False)
    query = "&".join(each for each in (base.raw_query_string, query) if each)
    below = f"{str(base.with_query(None).with_fragment(None)).rstrip('/')}{plain}"
    return URL(f"{below}?{query}" if query else below, encoded=True)


def _base(provider: Provider) -> URL:
    try:
        base = URL(provider.base_url)
    except ValueError:
        base = URL()
    if base.scheme not in (("https", "http") if provider.local else ("https",)) or not base.host or base.user:
        raise UpstreamError("refused_address", dispatched=False)
    return base


def _guarded_socket(local: bool) -> Callable[[aiohttp.AddrInfoType], socket.socket]:
    def made(address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, place = address
        if not is_allowed(str(place[0]), local):
            raise RefusedAddressError
        return socket.socket(family, kind, protocol)

    return made


def _meaning(error: Exception) -> UpstreamError:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, RefusedAddressError):
        return UpstreamError("refused_address", dispatched=False)
    kind, dispatched = next((kind, sent) for types, kind, sent in _MEANING if isinstance(error, types))
    return UpstreamError(kind, dispatched=dispatched)


_TRANSPORTS: Final[tuple[type[Transport], ...]] = (Upstream, Simulated)  # mypy: both are what they claim
