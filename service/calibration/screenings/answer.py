"""What a screening answers: frozen values named as on the wire.

Shapes: one ``Judged`` per hypothesis in the order asked, ``Next`` most probable first.
Units: costs in one currency.
Assumes: nothing; it is filled by screening.py. Breaks: nothing. Raises: nothing.
Source: the wire contract of /v1/screenings. Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.calibration.answer import Assumption, Claim
from service.calibration.errors import Warned
from service.calibration.screenings.expectation import EffectCalibration
from service.calibration.screenings.question import Method
from service.calibration.screenings.weights import Multiplicity


@dataclass(frozen=True, slots=True)
class Judged:
    """One hypothesis; what needs a human p-value is None where there is none."""

    name: str
    weight: float
    p_value: float | None
    p_value_adjusted: float | None
    rejected: bool | None
    claim: Claim


@dataclass(frozen=True, slots=True)
class Next:
    """One hypothesis to take to humans next."""

    name: str
    n_human: int
    cost: float
    probability_of_discovery: float
    claim: Claim = "exploratory"


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done, every default resolved; ``folds`` None for weights fixed beforehand."""

    multiplicity: Multiplicity
    error_rate: float
    calibration: EffectCalibration
    planned_standard_error: float
    weighting: Method
    least_weight: float
    folds: int | None
    seed: int


@dataclass(frozen=True, slots=True)
class Screened:
    """Everything /v1/screenings shows; ``next`` None where it was not asked."""

    hypotheses: tuple[Judged, ...]
    expected_discoveries: float
    next: tuple[Next, ...] | None
    applied: Applied
    assumptions: tuple[Assumption, ...]
    warnings: tuple[Warned, ...]

    @property
    def claim(self) -> Claim:
        """That of the tests, or exploratory where no human result was sent."""
        return "confirmatory" if any(one.p_value is not None for one in self.hypotheses) else "exploratory"
