"""The gate before a path: who asks, may they, and have they anything left; every refusal a problem document.

Unknown, expired and revoked keys go the same way and get the same words, so that neither answer nor time tells them
apart; the operator reads the difference from the metric.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from litestar.types import Scope

from service.web.access.account import Account, Till
from service.web.access.key import client_label, hash_of, is_key
from service.web.access.key_file import Key, KeyRing
from service.web.access.quota import Buckets, Quota
from service.web.access.throttle import Throttle
from service.web.access.token import Claims, Expected, KeySet, TokenError, claims_of
from service.web.access.watched import Watched
from service.web.body import header
from service.web.problems import ProblemError

Reason = Literal[
    "missing", "malformed", "unknown", "expired", "revoked", "bad_token", "throttled", "insufficient_scope", "quota"
]
REASONS: Final[tuple[Reason, ...]] = Reason.__args__  # type: ignore[attr-defined]
_REALM: Final = 'Bearer realm="rectifier"'
_NOBODY: Final = Key("", frozenset(), 0.0, revoked=True)
_ISSUED: Final = "jwt:"
WRONG_TOKENS: Final = Quota(100.0, 1.0)
"""So many wrong tokens a second are checked from addresses that are held up; a right one among them passes."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What callers are checked against: either may be absent, not both."""

    keys: Watched[KeyRing] | None
    key_set: Watched[KeySet] | None
    expected: Expected


@dataclass(frozen=True, slots=True)
class Policy:
    """What callers may use: the default quota and its unit, failures, and who hears of a refusal."""

    quota: Quota | None
    unit: str
    throttle: Throttle
    refused: Callable[[Reason], object] = lambda _reason: None


class Gate:
    """Lets callers in, or raises ProblemError: 401, 403, 429."""

    def __init__(self, credentials: Credentials, policy: Policy, clock: Callable[[], float] = time.time) -> None:
        self._credentials, self._policy, self._clock = credentials, policy, clock
        self._checks = Buckets()
        self._till = Till(Buckets(), policy.unit, lambda: policy.refused("quota"))

    def admit(self, scope: Scope, needed: str | None) -> Account:
        """The account of whoever asks; ``needed`` None: no scope is enough."""
        client, scopes = self._caller(scope)
        scope["state"]["client"] = client_label(client)
        if needed is None or needed not in scopes:
            self._policy.refused("insufficient_scope")
            challenge = f'{_REALM}, error="insufficient_scope"' + (f', scope="{needed}"' if needed else "")
            text = f"The key has not the scope {needed}." if needed else "No key opens this path."
            raise ProblemError("insufficient_scope", text, headers={"WWW-Authenticate": challenge})
        account = Account(client, self._quota(client), self._till, scope["state"])
        account.check()
        return account

    def _caller(self, scope: Scope) -> tuple[str, frozenset[str]]:
        """Client and scopes of the key or token that was sent."""
        presented = presented_in(scope)
        if presented is None:
            self._policy.refused("missing")
            text = "This path needs a key: Authorization: Bearer, or X-API-Key."
            raise ProblemError("unauthenticated", text, headers={"WWW-Authenticate": _REALM})
        keys = self._credentials.keys
        if keys is not None and is_key(presented):
            found = keys.value.keys.get(hash_of(presented), _NOBODY)
            if (not found.revoked) & (self._clock() < found.expires):
                return found.client, found.scopes
            raise self._failure(scope, _why(found), "The key is unknown, expired or revoked.")
        claims = self._claims(scope, presented)
        return _ISSUED + claims.client, claims.scopes

    def _claims(self, scope: Scope, token: str) -> Claims:
        key_set = self._credentials.key_set
        if key_set is None or token.count(".") != 2:
            raise self._failure(scope, "malformed", "What was sent is no key of this service: it is not whole.")
        if self._policy.throttle.wait(_address(scope)) and self._checks.look("", WRONG_TOKENS).wait:
            raise self._throttled(scope)
        try:
            return claims_of(token, key_set.value, self._credentials.expected)
        except TokenError:
            self._checks.take("", WRONG_TOKENS, 1.0)
            raise self._failure(scope, "bad_token", "The token is not of this service, or not valid now.") from None

    def _failure(self, scope: Scope, reason: Reason, text: str) -> ProblemError:
        """One more failure of this address; the 429 that says so once there were too many."""
        if self._policy.throttle.wait(_address(scope)):
            return self._throttled(scope)
        self._policy.throttle.failed(_address(scope))
        self._policy.refused(reason)
        headers = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
        return ProblemError("invalid_credentials", text, headers=headers)

    def _throttled(self, scope: Scope) -> ProblemError:
        self._policy.refused("throttled")
        seconds = math.ceil(self._policy.throttle.wait(_address(scope)))
        text = "Too many wrong keys came from this address."
        return ProblemError("too_many_failures", text, headers={"Retry-After": str(max(1, seconds))})

    def _quota(self, client: str) -> Quota | None:
        keys = self._credentials.keys
        own: Mapping[str, Quota] = {} if keys is None else keys.value.quotas
        return own.get(client, self._policy.quota)


def presented_in(scope: Scope) -> str | None:
    """The key or token of a request: X-API-Key, else the bearer of Authorization."""
    key = (header(scope, b"x-api-key") or "").strip()
    if not key:
        scheme, _, bearer = (header(scope, b"authorization") or "").partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else ""
    return key or None


def _why(key: Key) -> Reason:
    if key is _NOBODY:
        return "unknown"
    return "revoked" if key.revoked else "expired"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
