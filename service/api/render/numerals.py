"""Numbers for people: four significant digits, a true minus, powers of ten where zeros would be counted."""

from __future__ import annotations

import math

DIGITS = 4
NONE = "\u2013"
_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
_LARGE, SMALLEST = 1e6, 1e-4
_SURELY_WHOLE = 1 << 53


def number(value: float | None, decimals: int | None = None) -> str:
    """A number as people read it; ``NONE`` where there is none."""
    if value is None:
        return NONE
    if decimals is not None and abs(value) < _LARGE:
        return _minus(f"{round(value, decimals) + 0.0:,.{decimals}f}")
    if isinstance(value, int) or (value.is_integer() and abs(value) < _LARGE):
        return _whole(int(value))
    size = abs(value)
    if size >= _LARGE or size < SMALLEST:
        return powered(value)
    return _minus(_bare(f"{value:,.{_own(value)}f}"))


def powered(value: float) -> str:
    """A number times a power of ten."""
    mantissa, _, exponent = f"{value:.{DIGITS - 1}e}".partition("e")
    return f"{_minus(_bare(mantissa))} {ten(int(exponent))}"


def ten(power: int) -> str:
    """Times a power of ten."""
    return f"\u00d7 10{str(power).translate(_RAISED)}"


def probability(value: float | None) -> str:
    """A p-value, never as 0."""
    if value is None:
        return NONE
    return "< 0.0001" if value < SMALLEST else f"{value:.4f}" if value < 0.1 else f"{value:.3f}"


def span(lower: float | None, upper: float | None) -> str:
    """An interval; an open end is said."""
    return "".join(text for text, _ in pieces(lower, upper))


def pieces(lower: float | None, upper: float | None) -> list[tuple[str, float | None]]:
    """The same in pieces, each with the number that it was written from."""
    if lower is None and upper is None:
        return [(NONE, None)]
    if lower is None:
        return [("up to ", None), (number(upper), upper)]
    if upper is None:
        return [("from ", None), (number(lower), lower)]
    decimals = _decimals(lower, upper)
    return [("[", None), (number(lower, decimals), lower), (", ", None), (number(upper, decimals), upper), ("]", None)]


def estimated(estimate: float, lower: float | None, upper: float | None) -> str:
    """An estimate and its interval, with as many decimals as the interval."""
    told = span(lower, upper)
    decimals = None if lower is None or upper is None else _decimals(lower, upper)
    return f"{number(estimate, decimals)} {told}" if told != NONE else number(estimate)


def beside(estimate: float | None, lower: float | None, upper: float | None) -> str:
    """An estimate beside an interval: four digits, or as many decimals as the interval where it has more."""
    needed = None if lower is None or upper is None else _decimals(lower, upper)
    if estimate is None or needed is None or needed <= _own(estimate):
        return number(estimate)
    return number(estimate, needed)


def percent(share: float | None) -> str:
    """A share in per cent."""
    return NONE if share is None else f"{_minus(f'{100 * share:.4g}')} %"


def plain(value: float, step: float) -> str:
    """A number on an axis whose ticks are ``step`` apart."""
    return _minus(f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}")


def _whole(value: int) -> str:
    return _minus(f"{value:,}") if abs(value) < _SURELY_WHOLE else powered(float(value))


def _own(value: float) -> int:
    """Decimals of a number's four significant digits."""
    return max(0, DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 0


def _decimals(lower: float, upper: float) -> int | None:
    """Decimals that tell a thousandth of the interval's width; None where its ends are better told one by one."""
    width, largest = abs(upper - lower), max(abs(lower), abs(upper))
    if not SMALLEST < width < _LARGE or largest >= _LARGE or (float(lower).is_integer() and float(upper).is_integer()):
        return None
    return max(0, DIGITS - 2 - math.floor(math.log10(width)))


def _bare(text: str) -> str:
    """Without zeros at the end of its decimals."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
