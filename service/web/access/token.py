"""Tokens of an identity provider (JWT): checked against a mounted key set; no address in a token is ever fetched.

Algorithms are ours and asymmetric, and each key is held to those of its own type, so that neither ``none`` nor a public
key used as a shared secret can pass. Issuer and audience are required, ``exp`` too; ``nbf`` is checked where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.web.access.key_file import SCOPES, AccessFileError

ALGORITHMS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("RSA", ""): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
_LEAST_RSA_BITS: Final = 2048
_MOST_LETTERS: Final = 16_384
_MOST_NAME: Final = 256
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_SECRET_PARTS: Final = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})


class TokenError(ValueError):
    """A token that is not taken."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and what it may have signed with."""

    public: Any
    algorithms: tuple[str, ...]


KeySet = Mapping[str, VerifyingKey]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: who issued it, for whom, and how far its clock may be off."""

    issuer: str
    audience: str
    leeway_seconds: float


@dataclass(frozen=True, slots=True)
class Claims:
    """What is taken from a token."""

    client: str
    scopes: frozenset[str]


def read_key_set(content: bytes) -> KeySet:
    """The public keys of a JWKS by ``kid``; AccessFileError for secrets, weak keys, doubles, or no usable key."""
    try:
        document = json.loads(content)
        entries = document["keys"]
        listed = [entry for entry in entries if entry.get("use", "sig") == "sig"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise AccessFileError("not a JSON Web Key Set") from None
    found: dict[str, VerifyingKey] = {}
    for number, entry in enumerate(listed, 1):
        key = _verifying(f"key {number}", entry)
        name = entry.get("kid", "")
        if not isinstance(name, str) or (not name and len(listed) > 1) or name in found:
            raise AccessFileError(f"key {number}: a kid of its own is needed")
        if key is not None:
            found[name] = key
    if not found:
        raise AccessFileError("there is no key of a type that is taken (RSA, EC P-256 or P-384, Ed25519)")
    return found


def claims_of(token: str, keys: KeySet, expected: Expected) -> Claims:
    """The claims of a token that is signed by one of the keys, of now and for us; TokenError otherwise."""
    import jwt

    try:
        if len(token) > _MOST_LETTERS:
            raise TokenError
        header = jwt.get_unverified_header(token)
        key = _key_for(header, keys)
        claims = jwt.decode(
            token,
            key.public,
            algorithms=list(key.algorithms),
            issuer=expected.issuer,
            audience=expected.audience,
            leeway=expected.leeway_seconds,
            options={"require": ["exp", "iss", "aud"]},
        )
        return Claims(_client(claims), _scopes(claims))
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise TokenError from None


def _key_for(header: Mapping[str, Any], keys: KeySet) -> VerifyingKey:
    if str(header.get("typ", "jwt")).lower() not in _TYPES:
        raise TokenError
    name = header.get("kid", next(iter(keys)) if len(keys) == 1 else "")
    key = keys.get(name) if isinstance(name, str) else None
    if key is None or header.get("alg") not in key.algorithms:
        raise TokenError
    return key


def _verifying(place: str, entry: Mapping[str, Any]) -> VerifyingKey | None:
    """The key of one entry; None for a type or algorithm that is not taken."""
    import jwt

    if entry.get("kty") == "oct" or _SECRET_PARTS & entry.keys():
        raise AccessFileError(f"{place}: only public keys belong here, and this one is secret")
    algorithms = ALGORITHMS.get((str(entry.get("kty")), str(entry.get("crv", ""))), ())
    if "alg" in entry:
        algorithms = tuple(name for name in algorithms if name == entry["alg"])
    if not algorithms:
        return None
    try:
        public = jwt.PyJWK(dict(entry), algorithm=algorithms[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise AccessFileError(f"{place}: cannot be read") from None
    if getattr(public, "key_size", _LEAST_RSA_BITS) < _LEAST_RSA_BITS and entry["kty"] == "RSA":
        raise AccessFileError(f"{place}: RSA keys have {_LEAST_RSA_BITS} bits or more")
    return VerifyingKey(public, algorithms)


def _client(claims: Mapping[str, Any]) -> str:
    """``sub``, else ``azp``: tokens of one person share a quota, those of different people share nothing."""
    for name in ("sub", "azp"):
        value = claims.get(name)
        if isinstance(value, str) and value:
            if len(value) > _MOST_NAME or not value.isprintable():
                raise TokenError
            return value
    raise TokenError


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Ours among those of ``scope`` (a text) and ``scp`` (a list or a text)."""
    words: set[str] = set()
    for value in (claims.get("scope"), claims.get("scp")):
        if isinstance(value, str):
            words |= set(value.split())
        elif isinstance(value, list):
            words |= {word for word in value if isinstance(word, str)}
    return frozenset(words) & frozenset(SCOPES)
