"""Numbers for people: four digits that matter, never an exponent where none is needed."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Any

DIGITS = 4
NOTHING = "-"


def told(value: float | None, digits: int = DIGITS) -> str:
    """A number with four significant digits, or with more; whole numbers whole."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e9:
        return f"{value:.{digits - 1}e}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{max(0, digits - 1 - floor(log10(size)))}f}"


def count(value: float | None) -> str:
    """A number of units."""
    return NOTHING if value is None else f"{value:,.0f}"


def p_value(value: float | None) -> str:
    """A p-value with three decimals."""
    if value is None:
        return NOTHING
    return "<.001" if value < 0.0005 else f"{value:.3f}"


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.3g} %"


def leveled(interval: Mapping[str, Any]) -> str:
    """An interval's name: its level is not always the confidence level."""
    return f"{percent(interval['level'])} interval"


def between(interval: Mapping[str, Any] | None) -> str:
    """An interval; an open end is infinite."""
    if interval is None:
        return NOTHING
    (lower, upper), digits = _ends(interval), _digits(interval)
    return f"{'-inf' if lower is None else told(lower, digits)} to {'inf' if upper is None else told(upper, digits)}"


def beside(value: float | None, interval: Mapping[str, Any] | None) -> str:
    """An estimate that an interval stands beside."""
    return told(value, DIGITS if interval is None else _digits(interval))


def _digits(interval: Mapping[str, Any]) -> int:
    """Significant digits that tell a tenth of the interval's width."""
    lower, upper = _ends(interval)
    if lower is None or upper is None:
        return DIGITS
    width, largest = upper - lower, max(abs(lower), abs(upper))
    return max(DIGITS, floor(log10(largest)) - floor(log10(width)) + 2) if 0 < width < largest else DIGITS


def _ends(interval: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return interval["lower"], interval["upper"]
