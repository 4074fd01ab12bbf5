"""Estimators: how human and LLM data combine. One file each; a file turns a frame and a contrast into an estimate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import (
    arm_tuned,
    auto,
    design_based,
    difference_in_predictions,
    human_only,
    plug_in_bias,
    power_tuned,
    ppi,
    recalibrated,
    regression,
)
from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Estimator:
    """One registry line: the card and the function from a frame and a contrast (D,) to an estimate.

    ``by_contrast`` says whether the slopes depend on the contrast; ``historical`` whether ``compat`` applies, then with
    divisors n - ``published_ddof``; ``by_probability`` whether it needs known sampling probabilities, ``by_row`` rows.
    """

    card: Card
    fit: Callable[[Frame, FloatArray], Estimate]
    by_contrast: bool = False
    historical: bool = False
    published_ddof: int = 0
    by_probability: bool = False
    by_row: bool = False

    @property
    def name(self) -> str:
        """The registry key and wire value."""
        return self.card.name


ESTIMATORS: tuple[Estimator, ...] = (
    Estimator(auto.CARD, auto.fit),
    Estimator(regression.CARD, regression.fit),
    Estimator(human_only.CARD, human_only.fit),
    Estimator(ppi.CARD, ppi.fit, historical=True),
    Estimator(power_tuned.CARD, power_tuned.fit, by_contrast=True, historical=True),
    Estimator(arm_tuned.CARD, arm_tuned.fit, historical=True),
    Estimator(
        difference_in_predictions.CARD,
        difference_in_predictions.fit,
        by_contrast=True,
        historical=True,
        published_ddof=1,
    ),
    Estimator(design_based.CARD, design_based.fit, by_probability=True, by_row=True),
    Estimator(recalibrated.CARD, recalibrated.fit, by_row=True),
    Estimator(plug_in_bias.CARD, plug_in_bias.fit),
)


def estimator(name: str) -> Estimator:
    """The registered estimator of that name; raises StopIteration for none."""
    return next(e for e in ESTIMATORS if e.name == name)
