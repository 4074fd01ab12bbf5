"""Asking one call until it is answered: hold the budget, take a place, send, decode, settle, and perhaps try again.

**Units** deadlines in seconds of the line's clock; ``started`` in seconds since 1970, latencies in milliseconds.
**Assumes** a cancelled attempt that may have reached the provider cost its upper bound. A breaker that refuses,
whenever it does, is waited for with nothing held; that is no attempt.
**Breaks** nothing is retried that was answered: a refusal, a truncation or an answer that breaks the schema stands.
**Raises** what the caller's cancellation raises, after all that was held is given back; no failure of a provider does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from service.gateway.conduct import retry, verdicts
from service.gateway.conduct.budget import NOTHING, Budget, Spend, upper_bound
from service.gateway.conduct.line import Line
from service.gateway.conduct.patience import NONE, Patience
from service.gateway.conduct.verdicts import UNSENT
from service.gateway.conduct.window import Ended
from service.gateway.providers.protocol import Call, Completion, Failure, Missing, Received, Sent
from service.gateway.transport import UpstreamError

LOOK_AGAIN_SECONDS: Final = 0.1
"""Between two looks at a breaker whose probe is under way."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was tried: when, for how long, the status it got (None: no response), why it was no answer."""

    started: float
    latency_ms: float
    status: int | None
    missing: Missing | None
    detail: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a call; ``spent`` is what the budget was charged, all attempts together."""

    result: Completion | Failure
    sent: Sent = field(repr=False)
    attempts: tuple[Attempt, ...]
    started: float
    latency_ms: float
    spent: Spend


@dataclass(frozen=True, slots=True)
class _Errand:
    line: Line
    call: Call
    sent: Sent
    secret_headers: Mapping[str, str] = field(repr=False)
    upper: Spend
    budget: Budget
    deadline: float | None
    patience: Patience

    def left(self) -> float | None:
        """Seconds to the deadline; None for no deadline."""
        return None if self.deadline is None else self.deadline - self.line.clock()

    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and self.line.clock() >= self.deadline


@dataclass(frozen=True, slots=True)
class _Tried:
    result: Completion | Failure
    spent: Spend = NOTHING
    attempt: Attempt | None = None


async def ask(
    line: Line,
    call: Call,
    budget: Budget,
    deadline: float | None = None,
    *,
    key: str | None = None,
    patience: Patience = NONE,
) -> Asked:
    """A call's completion or failure, with every attempt on record; ``key`` stands in for the provider's own.

    Why it ended is the result: ``budget_exhausted``, ``deadline`` and ``circuit_open`` (past ``patience``) say that no
    (further) attempt was made, and the attempts say what came before.
    """
    sent = line.codec.encode(call)
    key = key or line.provider.key
    secret_headers = line.codec.authorization(key) if key else {}
    upper = upper_bound(call, line.price, sent)
    errand = _Errand(line, call, sent, secret_headers, upper, budget, deadline, patience)
    started, since = line.epoch(), line.clock()
    attempts: tuple[Attempt, ...] = ()
    spent = NOTHING
    while True:
        tried = await _try(errand)
        result = tried.result
        spent += tried.spent
        if tried.attempt is not None:
            attempts += (tried.attempt,)
        if isinstance(result, Completion):
            break
        line.tell("failure", 1, result.missing)
        wait = retry.delay(result, len(attempts), line.uniform, line.policy)
        if wait is None:
            break
        left = errand.left()
        if left is not None and wait >= left:
            result = UNSENT["deadline"]
            break
        line.tell("retry_seconds", wait)
        await line.sleep(wait)
    return Asked(result, sent, attempts, started, (line.clock() - since) * 1000, spent)


async def _try(errand: _Errand) -> _Tried:
    """One attempt, as soon and as far as the deadline, the breaker and the budget let it."""
    while await _let_through(errand):
        tried = await _attempt(errand)
        if tried is not None:
            return tried
    return _Tried(UNSENT["deadline" if errand.late() else "circuit_open"])


async def _let_through(errand: _Errand) -> bool:
    """Wait while the breaker refuses; False once the deadline has come or the patience is at its end."""
    line, breaker = errand.line, errand.line.breaker
    while not errand.late() and (opened := breaker.since) is not None and breaker.refuses:
        seconds = errand.patience.ends(opened) - line.clock()
        if seconds <= 0:
            return False
        left = errand.left()
        await line.sleep(min(seconds, seconds if left is None else left, breaker.rests or LOOK_AGAIN_SECONDS))
    return not errand.late()


async def _attempt(errand: _Errand) -> _Tried | None:
    """One attempt, None where the breaker refused it after all; all that it takes is given back."""
    line, upper = errand.line, errand.upper
    spent = None
    try:
        try:
            async with asyncio.timeout(errand.left()):
                if not await errand.budget.hold(upper):
                    return _Tried(UNSENT["budget_exhausted"])
                spent = NOTHING
                since = await line.window.acquire()
        except TimeoutError:
            return _Tried(UNSENT["deadline"])
        spent = upper  # from here on only an outcome says less
        tried = await _dispatch(errand, since)
        spent = tried.spent if tried is not None else NOTHING
        return tried
    finally:
        if spent is not None:
            errand.budget.settle(upper, spent)
            _tell(line, spent)


async def _dispatch(errand: _Errand, since: float) -> _Tried | None:
    """The attempt of a call that has its place in the window, given there at ``since``; None: the breaker refuses."""
    line = errand.line
    ended = Ended("neutral")
    try:
        if errand.late():
            return _Tried(UNSENT["deadline"])
        admitted = line.breaker.admit()
        if admitted is None:
            return None
        tell_breaker: Callable[[int], None] = line.breaker.left
        try:
            tried, received = await _send(errand)
            ended = verdicts.ended(tried.result, received)
            tell_breaker = verdicts.verdict(line.breaker, tried.result, received)
            return tried
        finally:
            tell_breaker(admitted)
    finally:
        line.window.release(since, ended)


async def _send(errand: _Errand) -> tuple[_Tried, Received | None]:
    line = errand.line
    left = errand.left()
    timeout = line.provider.timeout_seconds if left is None else min(line.provider.timeout_seconds, left)
    started, since = line.epoch(), line.clock()
    received: Received | None = None
    result: Completion | Failure
    try:
        received = await line.transport.send(line.provider, errand.sent, errand.secret_headers, timeout)
    except UpstreamError as error:
        result, spent = verdicts.unanswered(error, errand.upper, late=errand.late())
    else:
        result = line.codec.decode(errand.call, received)
        spent = verdicts.spent(result, received, errand.upper, line.price)
    seconds = line.clock() - since
    line.tell("attempt_seconds", seconds)
    attempt = Attempt(
        started=started,
        latency_ms=seconds * 1000,
        status=received.status if received else None,
        missing=result.missing,
        detail=result.detail,
        request_id=result.request_id,
    )
    return _Tried(result, spent, attempt), received


def _tell(line: Line, spent: Spend) -> None:
    line.tell("usd", spent.usd)
    line.tell("tokens", spent.tokens)
    line.tell_state()
