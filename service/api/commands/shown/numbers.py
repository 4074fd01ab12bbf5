"""Numbers for people: four digits that matter, never an exponent where none is needed."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Any

DIGITS = 4
NOTHING = "-"


def told(value: float | None) -> str:
    """A number with four significant digits; whole numbers whole."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e9:
        return f"{value:.{DIGITS - 1}e}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{max(0, DIGITS - 1 - floor(log10(size)))}f}"


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
    lower, upper = interval["lower"], interval["upper"]
    return f"{'-inf' if lower is None else told(lower)} to {'inf' if upper is None else told(upper)}"
