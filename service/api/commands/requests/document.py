"""What would be posted, and the same with names of columns where it has columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of the request; the same tree with names where it has columns; what of it are rows of a file."""

    body: bytes
    named: Mapping[str, Any] = field(default_factory=dict)
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Entries below ``place`` that are rows of a file: their numbers below the header, and columns by field."""

    place: str
    numbers: tuple[int, ...]
    columns: Mapping[str, str]


def document(tree: Mapping[str, Any], named: Mapping[str, Any] | None = None, rows: Rows | None = None) -> Document:
    """The document of a tree."""
    return Document(msgspec.json.encode(tree), named or {}, rows)
