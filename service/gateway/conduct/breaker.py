"""A circuit breaker: a provider that fails again and again is left alone for a while, then probed with one call.

**Units** seconds of the clock given.
**Assumes** one event loop; every call that ``admit`` lets through ends in ``succeeded``, ``failed`` or ``left``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

State = Literal["closed", "half_open", "open"]


class Breaker:
    """Closed: all calls pass. Open after ``threshold`` failures in a row, for ``rest`` seconds. Then one probe decides.

    A call that was let through before it opened has no say while it is open or half-open.
    """

    def __init__(self, clock: Callable[[], float], *, threshold: int = 8, rest: float = 15.0) -> None:
        self._clock = clock
        self._threshold = threshold
        self._rest = rest
        self._failures = 0
        self._since: float | None = None
        self._until: float | None = None
        self._probe: int | None = None
        self._admitted = 0

    @property
    def state(self) -> State:
        """``half_open`` as soon as a probe may go or is under way."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "half_open"

    @property
    def refuses(self) -> bool:
        """Whether a call would be refused now."""
        return self._until is not None and (self._probe is not None or self._clock() < self._until)

    @property
    def since(self) -> float | None:
        """When it opened, however often a probe has failed since; None while it is closed."""
        return self._since

    @property
    def rests(self) -> float:
        """Seconds until a probe may go; 0 where one may, or is under way."""
        return 0.0 if self._until is None else max(self._until - self._clock(), 0.0)

    def admit(self) -> int | None:
        """The call's number, None where it is refused; past ``rest`` the first to come is the probe."""
        if self.refuses:
            return None
        self._admitted += 1
        if self._until is not None:
            self._probe = self._admitted
        return self._admitted

    def succeeded(self, admitted: int) -> None:
        """The provider answered: whatever it answered, it is there."""
        if self._until is None:
            self._failures = 0
        elif admitted == self._probe:
            self._since = self._until = self._probe = None
            self._failures = 0

    def failed(self, admitted: int) -> None:
        """The provider failed: one more in a row, or the probe."""
        if self._until is None:
            self._failures += 1
            if self._failures >= self._threshold:
                self._since = self._clock()
                self._until = self._since + self._rest
        elif admitted == self._probe:
            self._probe = None
            self._until = self._clock() + self._rest

    def left(self, admitted: int) -> None:
        """The call was given up without an outcome: another may be the probe."""
        if admitted == self._probe:
            self._probe = None
