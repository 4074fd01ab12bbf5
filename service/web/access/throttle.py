"""Failures per remote address: so many a minute, then 429 until time has passed; bounded memory.

An IPv6 address counts with its /64, which is one customer. A key that is right is never held up: 2^256 cannot be
guessed, and a lock-out would only be a weapon against the neighbours behind the same proxy.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_ADDRESSES: Final = 10_000
_MINUTE: Final = 60.0


class Throttle:
    """For each address the time at which its failures are all forgotten (a leaky bucket as one number)."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float] = time.monotonic, addresses: int = _ADDRESSES
    ) -> None:
        self._each = _MINUTE / per_minute
        self._clock, self._addresses = clock, addresses
        self._until: OrderedDict[str, float] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until this address may fail again; 0: now."""
        until = self._until.get(group(address), 0.0)
        return max(0.0, until - self._clock() - _MINUTE + self._each)

    def failed(self, address: str) -> None:
        """Count one failure; the address that failed longest ago is forgotten where there are too many."""
        name, now = group(address), self._clock()
        self._until[name] = max(self._until.get(name, 0.0), now) + self._each
        self._until.move_to_end(name)
        if len(self._until) > self._addresses:
            self._until.popitem(last=False)


def group(address: str) -> str:
    """The address, or of an IPv6 address its first 64 bits; an IPv4 address that was written as IPv6 is itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{int(found) >> 64:x}/64"
