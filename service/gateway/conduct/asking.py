"""Asking one call until it is answered: hold the budget, take a place, send, decode, settle, and perhaps try again.

**Units** deadlines in seconds of the line's clock; ``started`` in seconds since 1970, latencies in milliseconds.
**Assumes** what an attempt spent is known only where the provider says so: a usage, or a status that it does not bill
(4xx, 503 and 529). Any other attempt that may have reached it is charged its upper bound, a cancelled one too.
A breaker that refuses, whenever it does, is waited for with nothing held; that is no attempt.
**Breaks** nothing is retried that was answered: a refusal, a truncation or an answer that breaks the schema stands.
**Raises** what the caller's cancellation raises, after all that was held is given back; no failure of a provider does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from service.gateway.conduct import retry
from service.gateway.conduct.budget import NOTHING, Budget, Spend, actual_spend, upper_bound
from service.gateway.conduct.line import Line
from service.gateway.conduct.patience import NONE, Patience
from service.gateway.conduct.window import Ended, Outcome
from service.gateway.providers.protocol import Call, Completion, Failure, Missing, Received, Sent
from service.gateway.transport import Kind, UpstreamError

_UNSENT: Final[dict[Missing, Failure]] = {
    "budget_exhausted": Failure("budget_exhausted", False, "caller", "another attempt could exceed a cap"),
    "deadline": Failure("deadline", False, "caller", "the deadline came first"),
    "circuit_open": Failure("circuit_open", False, "upstream", "the provider kept failing and is left alone for now"),
}
_NO_RESPONSE: Final[dict[Kind, Failure]] = {
    "timeout": Failure("timeout", True, "upstream", "no whole response in time"),
    "connection": Failure("upstream_error", True, "upstream", "the connection failed"),
    "protocol": Failure("upstream_error", True, "upstream", "the response broke off or was not HTTP"),
    "redirect": Failure("upstream_error", False, "upstream", "the provider redirects, which is not followed"),
    "too_large": Failure("upstream_error", False, "upstream", "the response is larger than the limit"),
    "refused_address": Failure(
        "upstream_error", False, "upstream", "the request would go to an address that is not allowed"
    ),
}
_UNASKED: Final = (_UNSENT["deadline"], _NO_RESPONSE["refused_address"])
"""What says nothing about the provider: nobody heard it out, or nobody asked it."""
_DOWN: Final = frozenset({"upstream_error", "timeout"})
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
            result = _UNSENT["deadline"]
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
    return _Tried(_UNSENT["deadline" if errand.late() else "circuit_open"])


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
                    return _Tried(_UNSENT["budget_exhausted"])
                spent = NOTHING
                since = await line.window.acquire()
        except TimeoutError:
            return _Tried(_UNSENT["deadline"])
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
            return _Tried(_UNSENT["deadline"])
        admitted = line.breaker.admit()
        if admitted is None:
            return None
        tell_breaker: Callable[[int], None] = line.breaker.left
        try:
            tried, received = await _send(errand)
            ended = _ended(tried, received)
            tell_breaker = line.breaker.succeeded
            if isinstance(tried.result, Failure):
                tell_breaker = _verdict(line, tried.result, received)
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
        result = _NO_RESPONSE[error.kind]
        if error.kind == "timeout" and errand.late():
            result = _UNSENT["deadline"]
        spent = errand.upper if error.dispatched else NOTHING
    else:
        result = line.codec.decode(errand.call, received)
        spent = _spent(errand, result, received)
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


def _spent(errand: _Errand, result: Completion | Failure, received: Received) -> Spend:
    """What a response cost: its usage; nothing for a status that is not billed; else all that it may have."""
    if isinstance(result, Completion):
        return errand.upper if result.usage is None else actual_spend(result.usage, errand.line.price)
    billed = result.by == "upstream" and result.missing != "rate_limited" and not _turned_down(received)
    return errand.upper if billed else Spend(calls=1)


def _turned_down(received: Received) -> bool:
    """Whether the provider was there and did not do it."""
    return 400 <= received.status < 500


def _ended(tried: _Tried, received: Received | None) -> Ended:
    """What the window learns: congestion is a rate limit, an overload or a timeout, and may come with a wait."""
    headers = received.headers if received else None
    result = tried.result
    if isinstance(result, Completion):
        usage = result.usage
        return Ended("success", headers, usage.input + usage.output if usage else 0)
    slow_down = result.by == "overloaded" or (result.missing == "rate_limited" and result.retryable)
    outcome: Outcome = "congested" if slow_down or result.missing == "timeout" else "neutral"
    return Ended(outcome, headers, wait=(result.retry_after or 0.0) if slow_down else 0.0)


def _verdict(line: Line, failure: Failure, received: Received | None) -> Callable[[int], None]:
    """What the breaker learns: a provider that answers, whatever it says, is there."""
    if failure in _UNASKED:
        return line.breaker.left
    there = failure.missing not in _DOWN or failure.by == "caller" or (received is not None and _turned_down(received))
    return line.breaker.succeeded if there else line.breaker.failed


def _tell(line: Line, spent: Spend) -> None:
    line.tell("usd", spent.usd)
    line.tell("tokens", spent.tokens)
    line.tell_state()
