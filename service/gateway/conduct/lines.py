"""The lines of a process by (provider, model): a bounded number, for callers may name any model.

**Assumes** whoever uses a line holds it (a run its lines, a call its own): while anybody does, it is found again, so
that all who ask a model share one window and one breaker. Of the others the ``most`` that were used last are
remembered, before them those whose breaker is open, however many.
**Breaks** a model that nobody asked while ``most`` others were begins anew, with the window and breaker of a new line.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Final
from weakref import WeakValueDictionary

from service.gateway.conduct.line import Line

MOST: Final = 1000
Place = tuple[str, str]


class Lines:
    """The lines; the one used longest ago is the first to be forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._there: WeakValueDictionary[Place, Line] = WeakValueDictionary()
        self._remembered: OrderedDict[Place, Line] = OrderedDict()

    def __len__(self) -> int:
        return len(self._there)

    def at(self, place: Place, opened: Callable[[], Line]) -> Line:
        """The line of a place, opened if there is none."""
        line = self._there.get(place) or opened()
        self._there[place] = self._remembered[place] = line
        self._remembered.move_to_end(place)
        self._forget(len(self._remembered) - self._most)
        return line

    def _forget(self, surplus: int) -> None:
        if surplus > 0:
            idle = (place for place, line in self._remembered.items() if line.breaker.state != "open")
            for place in list(islice(idle, surplus)):
                del self._remembered[place]
