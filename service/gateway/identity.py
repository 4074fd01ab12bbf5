"""What a cell, a prompt and a procedure are known by: SHA-256 of canonical JSON.

Canonical: keys sorted, no spaces, UTF-8, every text carries its quotes, so that no two different values share their
bytes (``["ab","c"]`` and ``["a","bc"]`` differ). Keys, unit ids and times never enter.
"""

from __future__ import annotations

import hashlib

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def digest(value: object) -> str:
    """``sha256:`` and the hex digest of a value's canonical JSON."""
    return "sha256:" + hashlib.sha256(_ENCODER.encode(value)).hexdigest()
