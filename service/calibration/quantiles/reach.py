"""How far an interval reaches: which ends are open, and how many humans would close them.

Formula: without ties an end is open until the outermost answer is rejected, so n must satisfy
p - 1/n > t_{n-1} sqrt(r p (1 - p)/n), p = q below and 1 - q above, r = V0 n/(q (1 - q)) the variance per human now.
Where many humans share the outermost answer no n closes the end: the quantile may be that answer. Nor where LLM
answers on another scale than the humans' leave F near q at the outermost answer (``ppi``).
Shapes: one arm. Units: humans.
Source: that of ``inversion``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from scipy.special import stdtrit

from service.calibration.errors import NotIdentified, Problem, Warned
from service.calibration.inference import Result, Settings
from service.calibration.intervals.pivot import Side
from service.calibration.quantiles.arm import Quantile

LARGEST = 1 << 40
SIDES: tuple[Side, Side] = ("lower", "upper")
HINT = "collect more humans, ask for a quantile nearer to the median, or state the outcome's bounds in the plan"


def asked(settings: Settings) -> tuple[Side, ...]:
    """The ends that an alternative asks for."""
    if settings.alternative == "less":
        return ("upper",)
    return ("lower",) if settings.alternative in ("greater", "non_inferiority") else SIDES


def tail(settings: Settings) -> float:
    """The error of each end."""
    error = 1.0 - settings.level
    return error / 2.0 if settings.alternative == "two_sided" else error


def opposite(side: Side) -> Side:
    """The other end."""
    return "upper" if side == "lower" else "lower"


def is_open(result: Result, side: Side) -> bool:
    """Whether an end of an interval is open."""
    return (result.interval.lower if side == "lower" else result.interval.upper) is None


def unbounded(result: Result, settings: Settings, doubts: Sequence[Warned]) -> list[Problem]:
    """The problems, one for each end that arms leave open, where no end that was asked for is closed."""
    if not all(is_open(result, side) for side in asked(settings)):
        return []
    return [Problem(w.pointer, "interval_unbounded", f"the interval has no end: {w.message}", HINT) for w in doubts]


def refuse(problems: Sequence[Problem]) -> None:
    """Raise all problems together."""
    if problems:
        raise NotIdentified(problems)


def warned(quantile: Quantile, q: float, side: Side, tail: float, where: tuple[str, str, str]) -> Warned:
    """The warning about an open end of an arm; ``where`` is the component, the arm and its pointer."""
    component, arm, pointer = where
    start = f"the {side} end of the interval of {component} in arm {arm!r} is open"
    n = needed(quantile, q, side, tail)
    if n is None:
        text = (
            f"{start}: humans who share the outermost answer, or LLM answers on another scale than theirs, keep it open"
        )
    else:
        text = f"{start}: about {n} humans would close it, there are {quantile.curve.n}"
    return Warned("unbounded_interval", text, pointer)


def needed(quantile: Quantile, q: float, side: Side, tail: float) -> int | None:
    """The number of humans that would close an end; None where something else than their number keeps it open."""
    share, n = quantile.curve.levels.human, quantile.curve.n
    outermost = float(share[0]) if side == "lower" else 1.0 - float(share[-1])
    if outermost > 1.5 / n:
        return None
    p, ratio = (q if side == "lower" else 1.0 - q), quantile.variance * n / (q * (1.0 - q))

    def closes(size: int) -> bool:
        return p - 1.0 / size > float(-stdtrit(size - 1, tail)) * sqrt(ratio * p * (1.0 - p) / size)

    if closes(n):
        return None
    high = n
    while not closes(high):
        high *= 2
        if high > LARGEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if closes(middle) else (middle, high)
    return high
