"""An axis of numbers of any size: where a value stands between 0 and 1, and round ticks with their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from service.api.render.numerals import plain, ten

_STEPS = (1.0, 2.0, 5.0, 10.0)
_LEAST_SPAN = 1e-9  # of the largest number: what is nearer together is drawn in one place
_SMALLEST = 300  # beyond this power of ten, numbers are made larger before they are divided by it
_PLAIN_POWERS = range(-3, 6)


@dataclass(frozen=True, slots=True)
class Scale:
    """Lower and upper end in units of 10^power, so that nothing overflows."""

    lower: float
    upper: float
    power: int

    def at(self, value: float) -> float:
        """Where a value stands: 0 at the lower end, 1 at the upper."""
        return (_in_units(value, self.power) - self.lower) / (self.upper - self.lower)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Places from 0 to 1 with labels, at round numbers; in units of ten's power where that is told apart."""
        step = _step((self.upper - self.lower) / most)
        found = range(math.ceil(self.lower / step - 1e-9), math.floor(self.upper / step + 1e-9) + 1)
        width = self.upper - self.lower
        return [((k * step - self.lower) / width, self._label(k * step, step)) for k in found]

    @property
    def unit(self) -> str:
        """What labels are in: empty, or a power of ten."""
        return "" if self.power in _PLAIN_POWERS else ten(self.power)

    def _label(self, value: float, step: float) -> str:
        factor = 10.0**self.power if self.power in _PLAIN_POWERS else 1.0
        return plain(value * factor, step * factor)


def scale(values: Iterable[float | None], margin: float = 0.04) -> Scale:
    """A scale that holds all values; without any, from 0 to 1."""
    found = [value for value in values if value is not None] or [0.0, 1.0]
    lower, upper = min(found), max(found)
    largest = max(abs(lower), abs(upper))
    power = math.floor(math.log10(largest)) if largest else 0
    low, high = _in_units(lower, power), _in_units(upper, power)
    if high - low < _LEAST_SPAN * max(abs(low), abs(high)) or high == low:
        half = 0.1 * max(abs(low), abs(high)) or 1.0
        low, high = low - half, high + half
    pad = margin * (high - low)
    return Scale(low - pad, high + pad, power)


def _in_units(value: float, power: int) -> float:
    return value * 10.0**_SMALLEST / 10.0 ** (power + _SMALLEST) if power < -_SMALLEST else value / 10.0**power


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))
