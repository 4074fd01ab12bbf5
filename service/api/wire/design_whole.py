"""A design in whole units on the wire, and what the pilot leaves open: what calibrations and designs both answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from service.api.wire.design_groups import WholeGroup, units, whole_group

if TYPE_CHECKING:
    from service.calibration.designs import answer as core


class ArmUnits(msgspec.Struct, frozen=True):
    """Units of one arm."""

    name: str
    n_human: int
    n_llm_only: int | None


class ModelUnits(msgspec.Struct, frozen=True):
    """Answers bought of one model and what they are worth."""

    name: str
    n: int
    cost: float
    marginal_value: float
    break_even_price: float | None


class WholeDesign(msgspec.Struct, frozen=True):
    """The design in whole units and what it achieves."""

    groups: list[WholeGroup]
    arms: list[ArmUnits]
    n_human: int
    n_llm_only: int
    sampling_ratio: float
    draws_per_persona: int
    models: list[ModelUnits]
    cost: float
    standard_error: float
    interval_width: float
    effective_sample_size: float
    mde: float
    power: float | None
    optimality_gap: float


class Bands(msgspec.Struct, frozen=True):
    """What the pilot leaves open, each as [lower, upper]; an upper end of null: no number of units reaches the target.

    ``standard_error`` and ``cost_share`` are those of the recommended design; ``n_human`` and ``n_llm_only`` those of
    the design that would be recommended if the truth were known. ``level`` is at most 0.95.
    """

    level: float
    standard_error: tuple[float, float]
    n_human: tuple[int, int | None]
    n_llm_only: tuple[int, int | None]
    cost_share: tuple[float, float]


class RobustDesign(WholeDesign, frozen=True):
    """The design of the same money whose worst regret over the pilot's band is least, and the recommended one's regret.

    Regret: variance over the best possible for the money, minus one. Figures are by the pilot's own covariance.
    """

    worst_regret: float
    plug_in_worst_regret: float


def whole(found: core.WholeDesign) -> WholeDesign:
    """The wire form of a design in whole units."""
    return WholeDesign(
        groups=[whole_group(g) for g in found.groups],
        arms=[ArmUnits(a.name, int(a.n_human), units(a.n_llm_only)) for a in found.arms],
        n_human=int(found.n_human),
        n_llm_only=int(found.n_llm_only),
        sampling_ratio=found.sampling_ratio,
        draws_per_persona=found.draws_per_persona,
        models=[ModelUnits(m.name, int(m.n), m.cost, m.marginal_value, m.break_even_price) for m in found.models],
        cost=found.cost,
        standard_error=found.standard_error,
        interval_width=found.interval_width,
        effective_sample_size=found.effective_sample_size,
        mde=found.mde,
        power=found.power,
        optimality_gap=found.optimality_gap,
    )


def bands(found: core.Bands | None) -> Bands | None:
    """The wire form of bands."""
    if found is None:
        return None
    humans, others = found.n_human, found.n_llm_only
    return Bands(
        level=found.level,
        standard_error=found.standard_error,
        n_human=(int(humans[0]), units(humans[1])),
        n_llm_only=(int(others[0]), units(others[1])),
        cost_share=found.cost_share,
    )


def robust(found: core.RobustDesign | None) -> RobustDesign | None:
    """The wire form of the robust design."""
    if found is None:
        return None
    figures = msgspec.structs.asdict(whole(found.design))
    return RobustDesign(**figures, worst_regret=found.worst_regret, plug_in_worst_regret=found.plug_in_worst_regret)
