"""What the operator offers: providers with their base URL, key, models and prices, read from configuration only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.gateway.study import Method


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, and the day on which they were right."""

    input: float
    output: float
    as_of: str
    cached_input: float | None = None


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A provider's model: what it can do less than its codec, and its price; None: unknown."""

    name: str
    methods: frozenset[Method] | None = None
    unsupported: frozenset[str] = frozenset()
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One upstream service. ``local`` allows loopback and private addresses; ``any_model`` models not listed.

    ``bearer``: the bearer of a chat request's ``Authorization`` is a key for this provider.
    """

    name: str
    codec: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    local: bool = False
    models: Mapping[str, OfferedModel] = field(default_factory=dict)
    any_model: bool = True
    timeout_seconds: float = 60.0
    max_in_flight: int = 200
    bearer: bool = False
