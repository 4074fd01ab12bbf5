"""Whether to try again, and when: exponential back-off with full jitter, under what the provider itself asks for.

**Units** seconds; attempts count from 1.
**Source** Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015 (full jitter); RFC 9110, 10.2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.gateway.providers.protocol import Failure


@dataclass(frozen=True, slots=True)
class Policy:
    """At most ``attempts`` in all; waits double from ``first`` to ``most``; a provider may ask for ``longest``."""

    attempts: int = 5
    first: float = 0.5
    most: float = 30.0
    longest: float = 60.0


DEFAULT = Policy()


def delay(failure: Failure, attempt: int, uniform: Callable[[], float], policy: Policy = DEFAULT) -> float | None:
    """Seconds until the next attempt, None for no other; ``attempt`` were made, ``uniform`` draws from [0, 1).

    jitter = u * min(most, first * 2^(attempt - 1)). A provider's ``retry_after`` is waited for, and up to ``first``
    on top so that calls do not return all at once; a longer one than ``longest`` is given up.
    """
    if not failure.retryable or attempt >= policy.attempts:
        return None
    asked = failure.retry_after
    if asked is None:
        return uniform() * min(policy.most, policy.first * 2.0 ** (attempt - 1))
    return asked + uniform() * policy.first if asked <= policy.longest else None
