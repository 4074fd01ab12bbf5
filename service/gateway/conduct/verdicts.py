"""What the end of an attempt says: to the caller, to the budget, to the window and to the breaker.

**Assumes** what an attempt spent is known only where the provider says so: a usage, or a status that it does not bill
(4xx, 503 and 529). Any other that may have reached it is charged its upper bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from service.gateway.conduct.breaker import Breaker
from service.gateway.conduct.budget import NOTHING, Spend, actual_spend
from service.gateway.conduct.window import Ended, Outcome
from service.gateway.providers.offer import Price
from service.gateway.providers.protocol import Completion, Failure, Missing, Received
from service.gateway.transport import Kind, UpstreamError

UNSENT: Final[dict[Missing, Failure]] = {
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
_UNASKED: Final = (UNSENT["deadline"], _NO_RESPONSE["refused_address"])
"""What says nothing about the provider: nobody heard it out, or nobody asked it."""
_DOWN: Final = frozenset({"upstream_error", "timeout"})


def unanswered(error: UpstreamError, upper: Spend, *, late: bool) -> tuple[Failure, Spend]:
    """Why there was no response, and what it cost; ``late``: the deadline has passed, which a timeout then is of."""
    failure = UNSENT["deadline"] if error.kind == "timeout" and late else _NO_RESPONSE[error.kind]
    return failure, upper if error.dispatched else NOTHING


def spent(result: Completion | Failure, received: Received, upper: Spend, price: Price | None) -> Spend:
    """What a response cost: its usage; nothing for a status that is not billed; else all that it may have."""
    if isinstance(result, Completion):
        return upper if result.usage is None else actual_spend(result.usage, price)
    billed = result.by == "upstream" and result.missing != "rate_limited" and not _turned_down(received)
    return upper if billed else Spend(calls=1)


def ended(result: Completion | Failure, received: Received | None) -> Ended:
    """What the window learns: congestion is a rate limit, an overload or a timeout, and may come with a wait."""
    headers = received.headers if received else None
    if isinstance(result, Completion):
        usage = result.usage
        return Ended("success", headers, usage.input + usage.output if usage else 0)
    slow_down = result.by == "overloaded" or (result.missing == "rate_limited" and result.retryable)
    outcome: Outcome = "congested" if slow_down or result.missing == "timeout" else "neutral"
    return Ended(outcome, headers, wait=(result.retry_after or 0.0) if slow_down else 0.0)


def verdict(breaker: Breaker, result: Completion | Failure, received: Received | None) -> Callable[[int], None]:
    """What the breaker is told: a provider that answers, whatever it says, is there."""
    if isinstance(result, Completion):
        return breaker.succeeded
    if result in _UNASKED:
        return breaker.left
    there = result.missing not in _DOWN or result.by == "caller" or (received is not None and _turned_down(received))
    return breaker.succeeded if there else breaker.failed


def _turned_down(received: Received) -> bool:
    """Whether the provider was there and did not do it."""
    return 400 <= received.status < 500
