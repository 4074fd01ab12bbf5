"""The line to one model of one provider: everything that is shared by all who ask it, in this process."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from service.gateway.conduct.breaker import Breaker, State
from service.gateway.conduct.observer import Event, Observer, Silent
from service.gateway.conduct.retry import DEFAULT, Policy
from service.gateway.conduct.window import Window
from service.gateway.providers.offer import Price, Provider
from service.gateway.providers.protocol import Codec, Missing
from service.gateway.transport import Transport

_STATES: Final[dict[State, float]] = {"closed": 0.0, "half_open": 1.0, "open": 2.0}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Line:
    """One (provider, model). ``clock`` is monotonic and measures deadlines and waits, ``epoch`` dates records.

    The window and the breaker take the same ``clock``; ``open_line`` makes all three together.
    """

    provider: Provider
    model: str
    codec: Codec
    transport: Transport = field(repr=False)
    window: Window = field(repr=False)
    breaker: Breaker = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    epoch: Callable[[], float] = time.time
    uniform: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    policy: Policy = DEFAULT
    observer: Observer = field(default_factory=Silent, repr=False)

    @property
    def price(self) -> Price | None:
        """The model's price, None where the operator gave none."""
        offered = self.provider.models.get(self.model)
        return offered.price if offered else None

    def tell(self, event: Event, number: float, reason: Missing | None = None) -> None:
        """Tell the observer."""
        self.observer.observe(self.provider.name, self.model, event, number, reason)

    def tell_state(self) -> None:
        """Tell the observer how the window and the breaker stand."""
        self.tell("window", self.window.size)
        self.tell("in_flight", self.window.in_flight)
        self.tell("breaker", _STATES[self.breaker.state])


def open_line(
    provider: Provider, model: str, codec: Codec, transport: Transport, observer: Observer | None = None
) -> Line:
    """A line with a window up to the provider's ``max_in_flight`` and a closed breaker, on the process's clock."""
    return Line(
        provider=provider,
        model=model,
        codec=codec,
        transport=transport,
        window=Window(provider.max_in_flight, time.monotonic),
        breaker=Breaker(time.monotonic),
        observer=observer or Silent(),
    )
