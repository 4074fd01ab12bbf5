"""What carries a request to a provider and its response back, and how that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from service.gateway.providers.offer import Provider
from service.gateway.providers.protocol import Received, Sent

Kind = Literal["timeout", "connection", "refused_address", "too_large", "redirect", "protocol"]


class UpstreamError(Exception):
    """No response: why, and whether the provider may have seen the request (and so may charge for it).

    It says nothing else: no address, key, header or body is in it or behind it.
    """

    def __init__(self, kind: Kind, *, dispatched: bool = True) -> None:
        super().__init__(kind)
        self.kind: Kind = kind
        self.dispatched = dispatched


class Transport(Protocol):
    """One way to a provider."""

    async def send(
        self,
        provider: Provider,
        sent: Sent,
        secret_headers: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - its own, to tell a timeout from a cancelled call
    ) -> Received:
        """The response within ``timeout`` seconds; UpstreamError where there is none. Cancelling it closes it."""
        ...
