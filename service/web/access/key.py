"""API keys: ``rectifier_``, 43 random letters and digits (256 bits), 6 letters of checksum.

A scanner recognises one by ``PATTERN`` and can rule out look-alikes by the checksum, without asking anybody. Only the
SHA-256 of a key is ever stored: a key has so many possible values that a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "rectifier_"
PATTERN: Final = rf"{PREFIX}[0-9A-Za-z]{{49}}"
_LETTERS: Final = string.digits + string.ascii_letters
_RANDOM, _CHECK = 43, 6
_SHAPE: Final = re.compile(PATTERN)


def new_key() -> str:
    """A key from the operating system's randomness; 62^43 > 2^256 possible ones."""
    key = PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return key + _checksum(key)


def is_key(text: str) -> bool:
    """Whether this has the form of a key, checksum included."""
    return _SHAPE.fullmatch(text) is not None and _checksum(text[:-_CHECK]) == text[-_CHECK:]


def hash_of(key: str) -> str:
    """SHA-256 in hexadecimal: what the key file holds."""
    return hashlib.sha256(key.encode()).hexdigest()


def client_label(client: str) -> str:
    """What the log calls a client: the first 12 digits of the SHA-256 of its name."""
    return hashlib.sha256(client.encode()).hexdigest()[:12]


def _checksum(text: str) -> str:
    """CRC-32 in base 62, most significant first."""
    number, found = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_LETTERS))
        found = _LETTERS[digit] + found
    return found
