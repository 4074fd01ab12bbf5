"""A provider that follows a script, a clock that is set by hand, and a line made of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from service.gateway.conduct.breaker import Breaker
from service.gateway.conduct.line import Line
from service.gateway.conduct.window import Window
from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Call, Capabilities, Completion, Failure, Received, Sent, Usage
from service.gateway.transport import UpstreamError

KEY = "sk-canary-key-5f3a"
BODY = b'{"persona": "canary-persona-9c1e"}'
CALL = Call("m", "sample", "system", "user", ())
ANSWER = Completion(text="4", usage=Usage(input=10, output=2))
LIMITED = Failure("rate_limited", True, "upstream", "slow down")
BROKEN = Failure("upstream_error", True, "upstream", "broken")
WRONG = Failure("unsupported", False, "caller", "wrong")
PRICE = Price(input=1.0, output=10.0, as_of="2026-11-01")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class ScriptedCodec:
    """Decodes the status of a response to what the script says of it."""

    name = "scripted"
    capabilities = Capabilities(frozenset({"sample"}), frozenset())

    def __init__(self, meanings: dict[int, Completion | Failure]) -> None:
        self._meanings = meanings

    def authorization(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        return Sent("/chat", BODY, {}, {"max_tokens": 100})

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        return self._meanings[received.status]


@dataclass
class ScriptedTransport:
    """Each send takes the script's next step: a status, an error to raise, or a coroutine function to await."""

    script: Iterator[object]
    secrets: list[dict[str, str]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    under_way: int = 0
    most: int = 0

    async def send(self, provider, sent, secret_headers, timeout) -> Received:  # noqa: ASYNC109 - the protocol's
        self.secrets.append(dict(secret_headers))
        self.timeouts.append(timeout)
        step = next(self.script)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if isinstance(step, Callable):
                step = await step()
            if isinstance(step, BaseException):
                raise step
        finally:
            self.under_way -= 1
        return Received(step, self.headers, b"")


MEANINGS = {200: ANSWER, 201: Completion(text="4"), 429: LIMITED, 500: BROKEN, 400: WRONG}


class Told:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str, float, str | None]] = []

    def observe(self, provider, model, event, number, reason=None) -> None:
        self.events.append((provider, model, event, number, reason))

    def named(self, event: str) -> list[float]:
        return [number for _, _, name, number, _ in self.events if name == event]


def scripted_line(script, *, clock=None, observer=None, provider=None, **options) -> Line:
    clock = clock or Clock()

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await asyncio.sleep(0)

    provider = provider or Provider(
        "p", "scripted", "https://p.example/v1", key=KEY, models={"m": OfferedModel("m", price=PRICE)}
    )
    return Line(
        provider=provider,
        model="m",
        codec=ScriptedCodec(MEANINGS),
        transport=ScriptedTransport(iter(script)),
        window=Window(provider.max_in_flight, clock),
        breaker=Breaker(clock),
        clock=clock,
        epoch=lambda: 5.0,
        uniform=lambda: 0.5,
        sleep=sleep,
        observer=observer or Told(),
        **options,
    )


def dropped(kind="connection", dispatched=True) -> UpstreamError:
    return UpstreamError(kind, dispatched=dispatched)
