"""Quotas per client: so many units in so many seconds, kept as a bucket that fills steadily and may go into debt.

A request is let through while a unit is left and then takes what it costs, even below zero; nothing more
goes through until time has paid it back. So the average holds, and no request is too large ever to be let through.
The buckets are this process's own: every pod counts for itself (decisions/0025-keys-quotas-and-throttling.md).
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_CLIENTS: Final = 10_000
_MOST: Final = 10**15 - 1  # an integer of structured fields (RFC 9651)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many units in so many seconds."""

    units: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What a client has left, and the seconds until it may ask again (0: now)."""

    quota: Quota
    left: float
    wait: float


def read_quota(text: str) -> Quota:
    """``units/seconds``, such as 3e9/60. ValueError for anything else."""
    units, slash, seconds = text.partition("/")
    try:
        quota = Quota(float(units), float(seconds))
    except ValueError:
        raise ValueError("units/seconds is needed, such as 3e9/60") from None
    if not slash or not 1 <= quota.units <= _MOST or not 1 <= quota.seconds <= _MOST:
        raise ValueError("units/seconds is needed, both from 1 to 1e15")
    return quota


class Buckets:
    """One bucket per client, the 10,000 used last; safe in threads. A forgotten bucket is full again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, clients: int = _CLIENTS) -> None:
        self._clock, self._clients = clock, clients
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def look(self, client: str, quota: Quota) -> Standing:
        """What is left, taking nothing."""
        with self._lock:
            return _standing(quota, self._level(client, quota))

    def take(self, client: str, quota: Quota, units: float) -> Standing | None:
        """What is left after taking; None, and nothing taken, where not a unit was left before."""
        with self._lock:
            level = self._level(client, quota)
            if level < 1:
                return None
            self._keep(client, level - units)
            return _standing(quota, level - units)

    def _level(self, client: str, quota: Quota) -> float:
        """The level now."""
        found = self._levels.get(client)
        if found is None:
            return quota.units
        level, since = found
        return min(quota.units, level + (self._clock() - since) * quota.units / quota.seconds)

    def _keep(self, client: str, level: float) -> None:
        self._levels[client] = (level, self._clock())
        self._levels.move_to_end(client)
        if len(self._levels) > self._clients:
            self._levels.popitem(last=False)


def _standing(quota: Quota, level: float) -> Standing:
    rate = quota.units / quota.seconds
    return Standing(quota, max(level, 0.0), 0.0 if level >= 1 else (1.0 - level) / rate)


def quota_headers(standing: Standing, unit: str) -> list[tuple[str, str]]:
    """``RateLimit-Policy`` and ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers-11).

    t: seconds until the bucket is full, or where it is empty until there is something again, as Retry-After says.
    """
    quota = standing.quota
    full = (quota.units - standing.left) * quota.seconds / quota.units
    seconds = max(1, math.ceil(standing.wait or full))
    policy = f'"{unit}";q={math.floor(quota.units)};qu="{unit}";w={math.ceil(quota.seconds)}'
    return [("RateLimit-Policy", policy), ("RateLimit", f'"{unit}";r={math.floor(standing.left)};t={seconds}')]
