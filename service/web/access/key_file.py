"""The operator's file of keys (TOML): who may ask for what, until when; hashes only, one line for a key.

    keys.5f2c...e1 = { client = "survey-platform", scopes = ["calibrate", "design"], expires = 2027-11-22T00:00:00Z }
    keys.9ab1...07 = { client = "survey-platform", scopes = ["calibrate"], revoked = true }
    quotas.survey-platform = "3e9/60"

An empty table ``[keys]`` lets nobody in; a file without the table is refused, for it may just be emptied before it is
written. A client may have several keys at once, which is how they are rotated; its quota is one for all of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Annotated, Final, Literal

import msgspec

from service.web.access.quota import Quota, read_quota

Scope = Literal["calibrate", "design", "diagnose", "generate"]
SCOPES: Final[tuple[Scope, ...]] = ("calibrate", "design", "diagnose", "generate")
CLIENT: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z"
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client: Annotated[str, msgspec.Meta(pattern=CLIENT)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    revoked: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: dict[str, dict[str, object]] | None = None
    quotas: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Key:
    """What a key allows; ``expires`` in seconds since 1970, infinite where it does not."""

    client: str
    scopes: frozenset[str]
    expires: float
    revoked: bool


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by hash, quotas by client."""

    keys: Mapping[str, Key]
    quotas: Mapping[str, Quota]


class AccessFileError(ValueError):
    """A file that cannot be used; says where and why, without anything that could be a secret."""


def read_key_ring(content: bytes) -> KeyRing:
    """The keys of a file's contents; AccessFileError with everything that is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(content.decode()), _File)
    except tomllib.TOMLDecodeError as error:
        raise AccessFileError(f"not TOML: {_without_words(error)}") from None
    except UnicodeDecodeError:
        raise AccessFileError("not UTF-8") from None
    except msgspec.ValidationError:
        raise AccessFileError("tables keys (of tables) and quotas (of texts) are needed, and no other") from None
    except (ValueError, RecursionError):
        raise AccessFileError("a number is too long, or brackets are nested too deeply") from None
    problems: list[str] = []
    keys = {
        name: key
        for n, (name, given) in enumerate((file.keys or {}).items(), 1)
        if (key := _key(n, name, given, problems))
    }
    quotas = {client: q for client, text in file.quotas.items() if (q := _quota(client, text, problems))}
    if file.keys is None:
        problems.append("there is no key; an empty table [keys] lets nobody in")
    if problems:
        raise AccessFileError("; ".join(problems))
    return KeyRing(keys, quotas)


def _without_words(error: tomllib.TOMLDecodeError) -> str:
    """The place of a syntax error; its words may quote the line."""
    place = re.search(r"\(at (?:line \d+, column \d+|end of document)\)", str(error))
    return place[0] if place else "(somewhere)"


def _key(number: int, name: str, given: dict[str, object], problems: list[str]) -> Key | None:
    place = f"key {number} ({name[:8]}..)" if _HASH.fullmatch(name) else f"key {number}"
    if not _HASH.fullmatch(name):
        problems.append(f"{place}: its name is not a SHA-256 of 64 hexadecimal digits (never the key itself)")
        return None
    try:
        key = msgspec.convert(given, _Key)
    except msgspec.ValidationError as error:
        problems.append(f"{place}: {_told(str(error))}")
        return None
    expires = inf if key.expires is None else key.expires.timestamp()
    return Key(key.client, frozenset(key.scopes), expires, key.revoked)


def _told(words: str) -> str:
    """What is wrong with an entry, without its values."""
    field = re.search(r"`\$\.?(\w*)", words)
    needed = {
        "client": "1 to 64 letters, digits, dot, dash, underscore or @ are needed",
        "scopes": f"a list of {', '.join(SCOPES)} is needed",
        "expires": "a time with its zone is needed, such as 2027-11-22T00:00:00Z",
        "revoked": "true or false is needed",
    }
    name = field[1] if field else ""
    return f"{name}: {needed[name]}" if name in needed else "client, scopes, expires and revoked are its fields"


def _quota(client: str, text: str, problems: list[str]) -> Quota | None:
    try:
        return read_quota(text)
    except ValueError as error:
        problems.append(f"quotas.{client}: {error}" if re.match(CLIENT, client) else f"quotas: {error}")
        return None
