"""``rectifier keys``: a new key with its line for the key file, and what a key file says."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

from service.web.access.key import client_label, hash_of, new_key
from service.web.access.key_file import CLIENT, SCOPES, AccessFileError, Key, KeyRing, read_key_ring

_DAYS = 365


def add_keys(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """The subcommand ``keys`` of a parser's subparsers."""
    keys = commands.add_parser("keys", help="make an API key, or check a file of keys").add_subparsers(
        dest="action", required=True
    )
    new = keys.add_parser("new", help="print a new key, once, and its line for the key file")
    new.add_argument("--client", required=True, type=_client, help="whose key it is; letters, digits, . _ @ -")
    new.add_argument("--scope", required=True, action="append", choices=SCOPES, help="may be given several times")
    expiry = new.add_mutually_exclusive_group()
    expiry.add_argument("--days", type=_days, default=_DAYS, help="until it expires (default: %(default)s)")
    expiry.add_argument("--never", action="store_true", help="it does not expire")
    check = keys.add_parser("check", help="say what a key file holds, or what is wrong with it")
    check.add_argument("file", type=Path)


def run_keys(chosen: argparse.Namespace, now: datetime, write: Callable[[str], object] = print) -> int:
    """Run it; 0, or 1 for a file that cannot be used."""
    if chosen.action == "new":
        expires = None if chosen.never else (now + timedelta(days=chosen.days)).replace(microsecond=0)
        return _new(chosen.client, chosen.scope, expires, write)
    try:
        ring = read_key_ring(chosen.file.read_bytes())
    except (AccessFileError, OSError) as error:
        write(f"{chosen.file}: {error.strerror if isinstance(error, OSError) else error}")
        return 1
    for line in listing(ring, now.timestamp()):
        write(line)
    return 0


def _new(client: str, scopes: Sequence[str], expires: datetime | None, write: Callable[[str], object]) -> int:
    key = new_key()
    write("# The key; it is shown this once. Give it to the client and keep no copy:")
    write(key)
    write("# Its line for the key file:")
    write(file_line(key, client, sorted(set(scopes)), expires))
    return 0


def file_line(key: str, client: str, scopes: Sequence[str], expires: datetime | None) -> str:
    """The line of the key file for a key."""
    words = ", ".join(f'"{scope}"' for scope in scopes)
    until = f", expires = {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if expires else ""
    return f'keys.{hash_of(key)} = {{ client = "{client}", scopes = [{words}]{until} }}'


def listing(ring: KeyRing, now: float) -> list[str]:
    """One line for a key and one for a quota; of a key the first eight digits of its hash."""
    lines = [
        f"{name[:8]}..  {_state(key, now):8}  {key.client}  {' '.join(sorted(key.scopes))}  "
        f"until {_date(key.expires)}  in the log: {client_label(key.client)}"
        for name, key in ring.keys.items()
    ]
    return lines + [f"quota     {client}  {q.units:g} in {q.seconds:g} s" for client, q in ring.quotas.items()]


def _state(key: Key, now: float) -> str:
    if key.revoked:
        return "revoked"
    return "active" if now < key.expires else "expired"


def _date(moment: float) -> str:
    return "for ever" if moment == inf else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _client(text: str) -> str:
    if not re.match(CLIENT, text):
        raise argparse.ArgumentTypeError("1 to 64 letters, digits, dot, dash, underscore or @ are needed")
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 36_500:
        raise argparse.ArgumentTypeError("a whole number from 1 to 36500 is needed")
    return int(text)
