"""The question of a screening: hypotheses, the procedure, how weights are made, what may be spent next.

Shapes: J hypotheses. Units: effects in outcome units, money in one currency.
Assumes: nothing; it is read by screening.py. Breaks: nothing. Raises: nothing.
Source: the wire contract of /v1/screenings. Differs: ``Weighting`` is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.calibration.moments import FloatArray
from service.calibration.screenings.discoveries import Budget
from service.calibration.screenings.expectation import EffectCalibration, LlmEffects
from service.calibration.screenings.weights import LEAST_WEIGHT, Multiplicity

Method = Literal["fixed", "cross_weighted"]
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """What is screened: names, LLM effects, the humans' p-values (J,), NaN where there are none."""

    names: tuple[str, ...]
    llm: LlmEffects
    p_values: FloatArray


@dataclass(frozen=True, slots=True)
class Weighting:
    """How weights are made; None: decided from the rest of the question."""

    method: Method = "fixed"
    least_weight: float = LEAST_WEIGHT
    folds: int = FOLDS
    planned_standard_error: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the hypotheses."""

    multiplicity: Multiplicity = "benjamini_hochberg"
    error_rate: float = 0.05
    calibration: EffectCalibration | None = None
    weighting: Weighting = Weighting()
    next: Budget | None = None
    seed: int = 0
