"""Estimands: what is asked for. One file each; a file turns the arms and the plan into contrasts of arm means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.calibration.card import Card
from service.calibration.contrast import Contrast
from service.calibration.estimands import mean, mean_difference, proportions
from service.calibration.plan import Plan


@dataclass(frozen=True, slots=True)
class Estimand:
    """One registry line: the card and the function from arm names (control first) and plan to contrasts."""

    card: Card
    contrasts: Callable[[Sequence[str], Plan], tuple[Contrast, ...]]

    @property
    def name(self) -> str:
        """The registry key and wire value."""
        return self.card.name


ESTIMANDS: tuple[Estimand, ...] = (
    Estimand(mean.CARD, mean.contrasts),
    Estimand(mean_difference.CARD, mean_difference.contrasts),
    Estimand(proportions.CARD, proportions.contrasts),
)


def estimand(name: str) -> Estimand:
    """The registered estimand of that name; raises StopIteration for none."""
    return next(e for e in ESTIMANDS if e.name == name)
