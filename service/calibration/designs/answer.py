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

from service.calibration.errors import Warned


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
