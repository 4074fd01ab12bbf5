"""The card of a method: its facts, stated once, read by /v1/methods, the documentation and the README."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """Facts about one estimand, estimator or interval; plain text throughout.

    ``name`` is the registry key and the wire value, ``formula`` is in words and plain symbols, ``limits`` says where
    the method must not be used and how a user would notice.
    """

    name: str
    title: str
    formula: str
    assumptions: tuple[str, ...]
    limits: tuple[str, ...]
    sources: tuple[str, ...]
