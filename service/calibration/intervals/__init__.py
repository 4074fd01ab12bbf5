"""Intervals: how sure. One file each; a file turns an estimate and a contrast into a pivot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals import (
    betting,
    bootstrap,
    bootstrap_t,
    confidence_sequence,
    normal,
    randomization,
    score,
    t,
)
from service.calibration.intervals.pivot import Context, Pivot
from service.calibration.moments import FloatArray
from service.calibration.plan import IntervalName


@dataclass(frozen=True, slots=True)
class Method:
    """One registry line: the card and the function from an estimate, a contrast (D,) and a context to a pivot.

    ``uses_df`` says whether the pivot depends on the degrees of freedom.
    """

    card: Card
    pivot: Callable[[Estimate, FloatArray, Context], Pivot]
    uses_df: bool = False

    @property
    def name(self) -> IntervalName:
        """The registry key and wire value."""
        return cast("IntervalName", self.card.name)


INTERVALS: tuple[Method, ...] = (
    Method(t.CARD, t.pivot, uses_df=True),
    Method(normal.CARD, normal.pivot),
    Method(bootstrap.CARD, bootstrap.pivot),
    Method(bootstrap_t.CARD, bootstrap_t.pivot),
    Method(randomization.CARD, randomization.pivot),
    Method(score.CARD, score.pivot, uses_df=True),
    Method(betting.CARD, betting.pivot),
    Method(confidence_sequence.CARD, confidence_sequence.pivot, uses_df=True),
)


def interval_method(name: str) -> Method:
    """The registered method of that name; raises StopIteration for none."""
    return next(m for m in INTERVALS if m.name == name)
