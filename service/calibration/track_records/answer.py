"""What a track record answers: frozen values named as on the wire.

**Shapes** scalars and small records.
**Units** effects in their declared scale, tau2 in its square, correlations without.
**Assumes** nothing; it is filled by track_record.py.
**Breaks** None stands wherever the studies do not suffice.
**Raises** nothing.
**Source** the wire contract of /v1/track-records.
**Differs** in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.calibration.answer import Assumption, Claim, Effect
from service.calibration.errors import Warned

IntervalMethod = Literal["conformal", "hartung_knapp"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval for a true human effect."""

    method: IntervalMethod
    level: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Conformal:
    """The interval over tasks, None with fewer studies than needed; ``error_split`` (LLM, past gaps, tasks)."""

    interval: Interval | None
    studies: int
    studies_needed: int
    studies_missing: int
    error_split: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """The prediction for the new study from a regression of human on LLM effects over studies.

    ``standard_error`` of the prediction; ``tau2`` between studies beside the LLM's part, ``tau2_total`` without it;
    thresholds: the LLM effect from which the interval excludes zero, for positive and negative human effects.
    """

    estimate: float | None = None
    standard_error: float | None = None
    df: float | None = None
    interval: Interval | None = None
    slope: float | None = None
    slope_interval: Interval | None = None
    intercept: float | None = None
    r_squared: float | None = None
    tau2: float | None = None
    tau2_total: float | None = None
    surrogate_threshold: float | None = None
    surrogate_threshold_negative: float | None = None
    wrong_sign_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """How human and LLM effects go together over studies; the orientation-free ones are about zero, not the means."""

    raw: float | None
    attenuation_corrected: float | None
    orientation_free: float | None
    orientation_free_corrected: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How near LLM effects are to human ones; unchanged when a contrast is turned round.

    ``significant``: effects whose human z exceeds 1.96; ``rmse_adjusted`` is without the sampling errors, None when
    these are larger than the differences.
    """

    rmse: float
    rmse_adjusted: float | None
    sign_agreement: float
    significant: int
    sign_agreement_significant: float | None
    slope_through_origin: float | None


@dataclass(frozen=True, slots=True)
class TrackRecordAnswer:
    """Everything /v1/track-records shows."""

    claim: Claim
    name: str
    llm_only: Effect
    conformal: Conformal
    random_effects: RandomEffects
    correlation: Correlation
    agreement: Agreement
    assumptions: tuple[Assumption, ...]
    warnings: tuple[Warned, ...]
