"""Keys, files and requests for the tests of access."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from service.web.access.command import file_line
from service.web.access.gate import Credentials, Gate, Policy
from service.web.access.key import hash_of, new_key
from service.web.access.key_file import Key, KeyRing, read_key_ring
from service.web.access.quota import Quota
from service.web.access.throttle import Throttle
from service.web.access.token import Expected
from service.web.access.watched import Watched

GOOD, OLD, GONE, NARROW, STRANGER = (new_key() for _ in range(5))
"""A key that is right, one that expired, one that was revoked, one with another scope, one nobody knows."""
NOW = 1_800_000_000.0
RING = KeyRing(
    {
        hash_of(GOOD): Key("lab", frozenset({"calibrate", "generate"}), inf, revoked=False),
        hash_of(OLD): Key("lab", frozenset({"calibrate"}), NOW - 1, revoked=False),
        hash_of(GONE): Key("lab", frozenset({"calibrate"}), inf, revoked=True),
        hash_of(NARROW): Key("other", frozenset({"design"}), inf, revoked=False),
    },
    {},
)


class Held:
    """What a watched file holds, without a file."""

    def __init__(self, value: Any) -> None:
        self.value = value


def gate(
    ring: KeyRing = RING,
    quota: Quota | None = None,
    *,
    failures: int = 1000,
    refused: Callable[[Any], object] = lambda _reason: None,
    keys: Any = None,
    key_set: Any = None,
    expected: Expected | None = None,
    clock: Callable[[], float] = lambda: NOW,
) -> Gate:
    policy = Policy(quota, "work-units", Throttle(failures), refused)
    given = Credentials(keys or Held(ring), key_set, expected or Expected("", "", 0.0))
    return Gate(given, policy, clock)


def scope(key: str | None = None, *, header: str = "x-api-key", address: str = "192.0.2.7") -> dict[str, Any]:
    headers = [] if key is None else [(header.encode(), key.encode("latin-1"))]
    return {"headers": headers, "state": {}, "client": (address, 1)}


def line(key: str, *scopes: str, client: str = "lab", more: str = "") -> str:
    """A line of the key file."""
    return file_line(key, client, scopes or ("calibrate",), None).removesuffix(" }") + f"{more} }}\n"


def watched(path: Path, told: Callable[[str | None], object] = lambda _fault: None) -> Watched[KeyRing]:
    return Watched(path, read_key_ring, told)
