"""What conduct tells whoever counts: names from closed lists and numbers, never a text of anybody's."""

from __future__ import annotations

from typing import Literal, Protocol

from service.gateway.providers.protocol import Missing

Event = Literal["attempt_seconds", "retry_seconds", "failure", "window", "in_flight", "breaker", "usd", "tokens"]
"""``failure`` counts one, with its reason; ``breaker`` is 0 closed, 1 half-open, 2 open; the rest are amounts."""


class Observer(Protocol):
    """Takes what happens on one (provider, model)."""

    def observe(self, provider: str, model: str, event: Event, number: float, reason: Missing | None = None) -> None:
        """One event; must not raise, and must not take long."""
        ...


class Silent:
    """An observer that looks away."""

    def observe(self, provider: str, model: str, event: Event, number: float, reason: Missing | None = None) -> None:
        """Nothing."""
