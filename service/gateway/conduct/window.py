"""How many calls of one (provider, model) are in flight: additive increase, multiplicative decrease, as TCP does it.

window += 1 / window per success while it is full; window /= 2 when a call that left after the last halving is told to
slow down or times out (calls of the same round trip halve it once). 1 <= window <= ``most``.
On top of it what the provider's rate-limit headers leave: fewer calls in flight until the moment they name; and a wait
that it asks for, during which no call leaves: no other response's headers lift that.

**Units** seconds of the clock given, which must run as the event loop's does.
**Assumes** one event loop; every ``acquire`` is followed by one ``release``.
**Source** Chiu and Jain, 1989 (AIMD); RFC 5681, 3.1, and RFC 7661 (no growth while the window is not used).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from service.gateway.conduct.rate_limits import LONGEST, allowance
from service.gateway.conduct.turns import Turns

Outcome = Literal["success", "congested", "neutral"]

START = 8.0
_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: its outcome, the response's headers, its tokens, the seconds for which none should follow."""

    outcome: Outcome
    headers: Mapping[str, str] | None = None
    tokens: int = 0
    wait: float = 0.0


class Window:
    """The window; first come, first served."""

    def __init__(self, most: int, clock: Callable[[], float], *, start: float = START) -> None:
        self._most = float(max(most, 1))
        self._clock = clock
        self._size = min(start, self._most)
        self._in_flight = 0
        self._turns: Turns[float] = Turns()
        self._last_cut = -math.inf
        self._tokens_per_call: float | None = None
        self._ceiling = math.inf
        self._ceiling_ends = -math.inf
        self._not_before = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Calls that may be in flight, headers aside."""
        return int(self._size)

    @property
    def in_flight(self) -> int:
        """Calls that are."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Calls that would like to be."""
        return len(self._turns)

    async def acquire(self) -> float:
        """A place, in turn; the moment it was given, which ``release`` wants back. Cancelling leaves no trace."""
        return await self._turns.take(self._claim, self._give_back)

    def release(self, since: float, ended: Ended) -> None:
        """Give the place back and learn from how the call ended."""
        full = self._in_flight >= int(self._size)
        self._in_flight -= 1
        if ended.outcome == "success" and full:
            self._size = min(self._size + 1 / self._size, self._most)
        elif ended.outcome == "congested" and since > self._last_cut:
            self._size = max(self._size / 2, 1.0)
            self._last_cut = self._clock()
        if ended.tokens:
            known = self._tokens_per_call or ended.tokens
            self._tokens_per_call = known + _SMOOTHING * (ended.tokens - known)
        if ended.wait > 0:
            self._not_before = max(self._not_before, self._clock() + min(ended.wait, LONGEST))
        elif ended.headers and (told := allowance(ended.headers, self._tokens_per_call or 1.0)):
            self._limit(told.calls, told.seconds)
        self._turns.advance()

    def _claim(self) -> float | None:
        now = self._clock()
        if now < self._not_before:
            self._wake_in(self._not_before - now)
            return None
        if now >= self._ceiling_ends:
            self._ceiling = math.inf
        if self._in_flight >= min(int(self._size), self._ceiling):
            if self._ceiling_ends > now:
                self._wake_in(self._ceiling_ends - now)
            return None
        self._in_flight += 1
        return now

    def _give_back(self, _since: float) -> None:
        self._in_flight -= 1

    def _limit(self, calls: int, seconds: float) -> None:
        """A new ceiling; one that holds longer and is lower stays until its own end."""
        now = self._clock()
        if now < self._ceiling_ends and self._ceiling == 0 and self._ceiling_ends > now + seconds:
            return
        self._ceiling, self._ceiling_ends = calls, now + seconds
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_in(self, seconds: float) -> None:
        """Nobody may be in flight to advance the queue: a timer does it when the wait or the ceiling ends."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._turns.advance()
