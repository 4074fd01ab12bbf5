"""How long calls wait for a provider that is left alone: once for an outage, however many calls it meets.

**Units** seconds of the lines' clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Patience:
    """``seconds`` from when the breaker opened, or from ``since`` (the run's start) where that is later."""

    seconds: float = 0.0
    since: float = -math.inf

    def ends(self, opened: float) -> float:
        """Until when a provider that is left alone since ``opened`` is waited for."""
        return max(opened, self.since) + self.seconds


NONE: Final = Patience()
