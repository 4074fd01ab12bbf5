"""The answer of a calibration: frozen values, every documented field present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from service.calibration.errors import Warned
from service.calibration.inference import Interval, Result
from service.calibration.plan import ModelSelection, StatisticName

if TYPE_CHECKING:
    from service.calibration.designs.answer import DesignAnswer

Claim = Literal["confirmatory", "exploratory", "exploratory_with_track_record"]
Status = Literal["assumed", "not_rejected", "rejected", "not_testable"]
Verdict = Literal["llm_used", "human_only_chosen", "human_only_requested", "no_pool", "no_llm"]


@dataclass(frozen=True, slots=True)
class Effect:
    """An LLM-only number: heuristic, never better than exploratory; the error is None with fewer than 2 units."""

    estimate: float
    standard_error: float | None
    claim: Claim = "exploratory"


@dataclass(frozen=True, slots=True)
class ModelBlock:
    """One LLM's part in an estimate.

    Where the best was chosen: the variance ratio if every fold took this one, the share of humans whose fold did.
    """

    name: str
    llm_only: Effect | None
    ppi_correlation: float | None
    variance_ratio_without: float | None
    icc: float | None
    cross_fitted_variance_ratio: float | None = None
    selected_share: float | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same contrast by another estimator."""

    estimator: str
    result: Result
    variance_ratio: float | None
    effective_sample_size: float | None


@dataclass(frozen=True, slots=True)
class PooledResult:
    """A subgroup's estimate drawn towards the mean of all; ``shrinkage`` 0: its own, 1: the mean."""

    estimate: float
    standard_error: float
    df: float | None
    interval: Interval
    shrinkage: float


@dataclass(frozen=True, slots=True)
class EstimateBlock:
    """One contrast (or arm mean): calibrated, human-only and LLM-only side by side.

    ``component`` is a category, quantile or coefficient; ``subgroup`` None: of everyone.
    """

    name: str
    outcome: str
    component: str | None
    claim: Claim
    verdict: Verdict
    result: Result
    human_only: Result
    llm_only: Effect | None
    models: tuple[ModelBlock, ...]
    variance_ratio: float | None
    human_sample_size: int
    effective_sample_size: float | None
    ppi_correlation: float | None
    alternatives: tuple[Alternative, ...]
    p_value_adjusted: float | None = None
    subgroup: str | None = None
    pooled: PooledResult | None = None


@dataclass(frozen=True, slots=True)
class PredictionBlock:
    """One prediction column in one arm; ``tuning`` is the slope it carries in the estimate.

    ``dispersion_ratio`` is None where the humans' outcome does not vary.
    """

    model: str
    arm: str | None
    tuning: float
    category: str | None
    dispersion_ratio: float | None
    n_missing: int
    dropped: bool


@dataclass(frozen=True, slots=True)
class ArmBlock:
    """One arm: its calibrated mean and what the LLM explains in it."""

    name: str
    outcome: str
    component: str | None
    n_human: int
    n_llm_only: int
    r_squared: float | None
    adjusted_r_squared: float | None
    verdict: Verdict
    mean: Result
    predictions: tuple[PredictionBlock, ...]
    subgroup: str | None = None


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Whether an estimate differs between subgroups: Cochran's Q, its p-value, I^2, standard deviation between them.

    The numbers are None where a single subgroup is left or one has no variance.
    """

    name: str
    outcome: str
    component: str | None
    n_subgroups: int
    q: float | None
    p_value: float | None
    i_squared: float | None
    between_sd: float | None


@dataclass(frozen=True, slots=True)
class Assumption:
    """An assumption the answer rests on, whether it was tested, and how that went."""

    name: str
    status: Status
    p_value: float | None
    statement: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done, with every default resolved; ``scale`` is the link scale of coefficients that have one.

    ``interactions`` are the pairs of attributes whose interaction was asked for, ``statistic`` is plug_in's.
    """

    estimand: str
    categories: tuple[str, ...] | None
    estimator: str
    interval: str
    identification: str
    prediction_design: str
    control: str | None
    contrasts: Mapping[str, Mapping[str, float]]
    confidence_level: float
    alternative: str
    null_value: float
    margin: float | None
    bounds: tuple[float, float] | None
    multiplicity: str
    tuning: str | None
    replicates: int | None
    inference_population: str
    compat: bool
    exchangeability_level: float
    seed: int
    reason: str
    subgroups: tuple[str, ...] | None = None
    partial_pooling: bool = False
    model_selection: ModelSelection = "all"
    scale: str | None = None
    interactions: tuple[tuple[str, str], ...] | None = None
    statistic: StatisticName | None = None


@dataclass(frozen=True, slots=True)
class ArmResponse:
    """Who of an arm was asked and answered; ``lowest_propensity`` over everybody asked.

    ``kish_n``: how many equally weighted answers those at hand, weighted by inverse propensities, are worth.
    """

    name: str
    outcome: str
    subgroup: str | None
    asked: int
    answered: int
    rate: float
    lowest_propensity: float
    kish_n: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds on an estimate and the interval that covers it with the plan's level wherever between them it is."""

    lower: float
    upper: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class UnansweredEstimate:
    """How an estimate depends on those who did not answer.

    ``complete_case``: the same estimator on those who answered, as if nobody else had been asked. ``sensitivity``: by
    how much the estimate moves if in every arm, in the direction that moves it most, the mean of those who did not
    answer is 1 away from what missing at random says. ``delta_bounds``: for means up to the plan's delta away.
    ``worst_case``: whatever they would have answered within the outcome's bounds. ``tipping_delta`` is how far away it
    takes for the estimate to pass the null value, ``tipping_delta_interval`` for the interval to reach it.
    """

    name: str
    outcome: str
    component: str | None
    subgroup: str | None
    complete_case: Result
    sensitivity: float
    delta_bounds: Bounds | None
    worst_case: Bounds | None
    tipping_delta: float | None
    tipping_delta_interval: float | None


@dataclass(frozen=True, slots=True)
class MissingAnswers:
    """People who were asked and did not answer: who they are by arm, and what every estimate owes to them."""

    delta: float | None
    arms: tuple[ArmResponse, ...]
    estimates: tuple[UnansweredEstimate, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """How far units are from a target population: standardised mean differences before and after weighting, by level.

    ``kish_n`` is what the weights leave of n, ``overlap`` the common part of both distributions, ``largest_share`` the
    largest weight; ``name`` is an arm, None: all units.
    """

    name: str | None
    n: int
    kish_n: float
    overlap: float
    largest_share: float
    smd_before: Mapping[str, float]
    smd_after: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Tipping:
    """The largest factor by which weights may be wrong before an estimate's sign turns; None: no factor does."""

    name: str
    outcome: str
    component: str | None
    gamma: float | None


@dataclass(frozen=True, slots=True)
class Transport:
    """How a sample was weighted for a target population; ``n_target`` rows of it, None: margins were stated."""

    method: str
    humans: Balance
    arms: tuple[Balance, ...]
    llm_only: tuple[Balance, ...]
    tipping: tuple[Tipping, ...]
    n_target: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything a calibration returns."""

    claim: Claim
    verdict: Verdict
    estimates: tuple[EstimateBlock, ...]
    arms: tuple[ArmBlock, ...]
    applied: Applied
    assumptions: tuple[Assumption, ...]
    warnings: tuple[Warned, ...]
    design: DesignAnswer | None = None
    heterogeneity: tuple[Heterogeneity, ...] = ()
    missing_answers: MissingAnswers | None = None
    transport: Transport | None = None
