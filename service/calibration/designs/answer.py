"""What a design answers: frozen values named as on the wire.

**Shapes** scalars and tuples of records, one per group, arm, model or budget.
**Units** counts in units (a model's ``n`` in answers), money in one currency, standard errors in outcome units.
**Assumes** nothing; it is filled by summary.py and design.py.
**Breaks** counts are floats: whole in ``design``, fractional in ``continuous``.
**Raises** nothing.
**Source** the wire contract of /v1/designs.
**Differs** in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from service.calibration.errors import Warned

Sharing = Literal["separate", "same"]
Minimised = Literal["worst", "weighted_sum"]


@dataclass(frozen=True, slots=True)
class GroupCount:
    """Units of one group; ``arm`` None: one population or a twin without a human answer."""

    arm: str | None
    human: bool
    models: tuple[str, ...]
    n: float
    unit_cost: float


@dataclass(frozen=True, slots=True)
class ArmCount:
    """Units of one arm; ``n_llm_only`` None where LLM-only units belong to no arm."""

    name: str
    n_human: float
    n_llm_only: float | None


@dataclass(frozen=True, slots=True)
class ModelValue:
    """Answers bought of one model, what they cost, the variance without it over the variance, minus one; break-even.

    ``break_even_price``: price of one answer above which none is bought; None when none is bought at any price, or the
    problem is too large (warned).
    """

    name: str
    n: float
    cost: float
    marginal_value: float
    break_even_price: float | None


@dataclass(frozen=True, slots=True)
class ContinuousDesign:
    """The unrounded optimum."""

    groups: tuple[GroupCount, ...]
    n_human: float
    n_llm_only: float
    cost: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class WholeDesign:
    """The design in whole units and what it achieves for the worst contrast."""

    groups: tuple[GroupCount, ...]
    arms: tuple[ArmCount, ...]
    n_human: float
    n_llm_only: float
    sampling_ratio: float
    draws_per_persona: int
    models: tuple[ModelValue, ...]
    cost: float
    standard_error: float
    interval_width: float
    effective_sample_size: float
    mde: float
    power: float | None
    optimality_gap: float


@dataclass(frozen=True, slots=True)
class HumanOnlyDesign:
    """What humans alone give for the budget, or cost for the target; None where the limits rule it out."""

    n_human: float | None
    cost: float | None
    standard_error: float | None
    power: float | None


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """One budget's design."""

    n_human: float
    n_llm_only: float
    cost: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Bands:
    """What the pilot leaves open, each as (lower, upper); None: no number of units reaches the target there.

    ``standard_error`` and ``cost_share``: of the recommended design; ``n_human`` and ``n_llm_only``: of the design that
    would be recommended if the truth were known.
    """

    level: float
    standard_error: tuple[float, float]
    n_human: tuple[float, float | None]
    n_llm_only: tuple[float, float | None]
    cost_share: tuple[float, float]


@dataclass(frozen=True, slots=True)
class RobustDesign:
    """The design whose worst regret over the band is least; regret: variance over the best possible there, minus one.

    ``design`` is judged as the recommended one, by the pilot's own covariance, but for its ``optimality_gap``: of one
    plus the worst regret. ``plug_in_worst_regret`` is the recommended design's.
    """

    design: WholeDesign
    worst_regret: float
    plug_in_worst_regret: float


@dataclass(frozen=True, slots=True)
class TopUp:
    """Units to add to a pilot's; standard errors of both together: before, after, and after more of the same.

    ``standard_error_proportional``: when the money, as far as whole units go, buys the pilot's own mix.
    """

    groups: tuple[GroupCount, ...]
    n_human: float
    n_llm_only: float
    cost: float
    standard_error_before: float
    standard_error: float
    standard_error_proportional: float


@dataclass(frozen=True, slots=True)
class SimulatedContrast:
    """One contrast in simulated studies, beside what the design promises; errors are Monte Carlo standard errors.

    ``power`` None: no effect to detect. ``spread``: standard deviation of the estimates.
    """

    name: str
    coverage: float
    coverage_error: float
    power: float | None
    power_error: float | None
    analytic_power: float | None
    standard_error: float
    mean_standard_error: float
    spread: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """The planned study, drawn ``replicates`` times and analysed by ``calibrate``; ``level`` is the intervals'."""

    replicates: int
    seed: int
    level: float
    contrasts: tuple[SimulatedContrast, ...]


@dataclass(frozen=True, slots=True)
class DesignAnswer:
    """Everything /v1/designs shows; bands and robust need a pilot's uncertainty, the top-up its units."""

    design: WholeDesign
    continuous: ContinuousDesign
    human_only: HumanOnlyDesign
    cost_share: float
    llm_pays: bool
    rho_min: float | None
    frontier: tuple[FrontierPoint, ...]
    warnings: tuple[Warned, ...]
    bands: Bands | None = None
    robust: RobustDesign | None = None
    top_up: TopUp | None = None
    simulation: Simulation | None = None


@dataclass(frozen=True, slots=True)
class SamplingDesign:
    """Probabilities (T,) with which to ask the units of a frame, and what they give beside uniform ones.

    ``n_uniform``: humans that uniform sampling needs for the same precision; ``n_sd``: of the number that comes;
    ``kish_n``: as many equally weighted humans. Standard errors are None where the outcome's sd is not known.
    """

    probabilities: npt.NDArray[np.float64]
    n_frame: int
    n_expected: float
    n_sd: float
    n_certain: int
    n_uniform: float
    smallest_probability: float
    kish_n: float
    cost: float
    rectifier_variance_ratio: float
    variance_ratio: float | None
    standard_error: float | None
    standard_error_uniform: float | None
    standard_error_human_only: float | None
    interval_width: float | None
    power: float | None
    warnings: tuple[Warned, ...]
    frontier: tuple[FrontierPoint, ...]


@dataclass(frozen=True, slots=True)
class QuestionCount:
    """One question's part: its units, its share of the money, and what it achieves for its worst contrast.

    Under ``same`` every question has all units; groups, cost and share are None there.
    """

    name: str
    weight: float
    groups: tuple[GroupCount, ...] | None
    n_human: float
    n_llm_only: float
    cost: float | None
    share: float | None
    standard_error: float
    standard_error_even: float | None
    interval_width: float
    effective_sample_size: float
    mde: float
    power: float | None


@dataclass(frozen=True, slots=True)
class QuestionsDesign:
    """Units allocated over questions; ``value`` is what was minimised, in whole units, before and for even money.

    ``groups`` are those of the one sample under ``same``, else None; ``value_even``: the same money split evenly.
    """

    sample: Sharing
    minimise: Minimised
    questions: tuple[QuestionCount, ...]
    groups: tuple[GroupCount, ...] | None
    n_human: float
    n_llm_only: float
    cost: float
    value: float
    value_continuous: float
    value_even: float | None
    optimality_gap: float
    warnings: tuple[Warned, ...]
    frontier: tuple[FrontierPoint, ...]
