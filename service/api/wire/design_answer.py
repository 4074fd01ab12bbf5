"""The answer of a design on the wire: every documented field present, null where it does not apply."""

from __future__ import annotations

from typing import Any

import msgspec

from service.api.wire.design_groups import Group, WholeGroup, group, units, whole_group
from service.api.wire.design_questions import QuestionsReply, questions
from service.api.wire.design_sampling import SamplingReply, sampling
from service.api.wire.design_simulation import SimulationReply, simulation
from service.api.wire.design_whole import Bands, RobustDesign, WholeDesign, bands, robust, whole
from service.api.wire.doubts import Warning as WireWarning
from service.api.wire.doubts import Work, warnings
from service.api.wire.passport import Passport
from service.calibration.designs import answer as core


class ContinuousDesign(msgspec.Struct, frozen=True):
    """The unrounded optimum."""

    groups: list[Group]
    n_human: float
    n_llm_only: float
    cost: float
    standard_error: float


class HumanOnlyDesign(msgspec.Struct, frozen=True):
    """What humans alone would give or cost."""

    n_human: int | None
    cost: float | None
    standard_error: float | None
    power: float | None


class FrontierPoint(msgspec.Struct, frozen=True):
    """One budget's design."""

    n_human: int
    n_llm_only: int
    cost: float
    standard_error: float


class TopUp(msgspec.Struct, frozen=True):
    """What to add to the pilot's units for the budget, or to reach the target, and the standard errors of the whole.

    ``standard_error_proportional``: if the money bought more of the pilot's own mix instead.
    """

    groups: list[WholeGroup]
    n_human: int
    n_llm_only: int
    cost: float
    standard_error_before: float
    standard_error: float
    standard_error_proportional: float


class DesignReply(msgspec.Struct, frozen=True):
    """The answer of POST /v1/designs.

    For the basis ``questions`` its own part is filled, for ``predicted_errors`` ``sampling``; what describes a single
    design (``design`` to ``llm_pays``) is null there, and always given otherwise.
    """

    design: WholeDesign | None
    continuous: ContinuousDesign | None
    human_only: HumanOnlyDesign | None
    cost_share: float | None
    llm_pays: bool | None
    rho_min: float | None
    bands: Bands | None
    robust: RobustDesign | None
    frontier: list[FrontierPoint]
    top_up: TopUp | None
    simulation: SimulationReply | None
    questions: QuestionsReply | None
    sampling: SamplingReply | None
    warnings: list[WireWarning]
    passport: Passport


class AppliedDesign(msgspec.Struct, frozen=True):
    """The kinds of basis and objective."""

    basis: str
    objective: str


class ValidatedDesign(msgspec.Struct, frozen=True):
    """The answer of ``?validate_only=true``."""

    valid: bool
    applied: AppliedDesign
    work: Work
    warnings: list[WireWarning]


def from_core(found: core.DesignAnswer | core.QuestionsDesign | core.SamplingDesign, passport: Passport) -> DesignReply:
    """The wire form of a design answer."""
    if not isinstance(found, core.DesignAnswer):
        return _reply(
            found,
            passport,
            questions=questions(found) if isinstance(found, core.QuestionsDesign) else None,
            sampling=sampling(found) if isinstance(found, core.SamplingDesign) else None,
        )
    alone = found.human_only
    return _reply(
        found,
        passport,
        design=whole(found.design),
        continuous=ContinuousDesign(
            [group(g) for g in found.continuous.groups],
            found.continuous.n_human,
            found.continuous.n_llm_only,
            found.continuous.cost,
            found.continuous.standard_error,
        ),
        human_only=HumanOnlyDesign(units(alone.n_human), alone.cost, alone.standard_error, alone.power),
        cost_share=found.cost_share,
        llm_pays=found.llm_pays,
        rho_min=found.rho_min,
        bands=bands(found.bands),
        robust=robust(found.robust),
        top_up=_top_up(found.top_up),
        simulation=None if found.simulation is None else simulation(found.simulation),
    )


def _reply(
    found: core.DesignAnswer | core.QuestionsDesign | core.SamplingDesign,
    passport: Passport,
    **parts: Any,  # noqa: ANN401 - of as many types as the answer has fields
) -> DesignReply:
    """The answer with these parts; what is not among them does not apply."""
    whole = dict.fromkeys(DesignReply.__struct_fields__) | parts
    whole["frontier"] = [
        FrontierPoint(int(p.n_human), int(p.n_llm_only), p.cost, p.standard_error) for p in found.frontier
    ]
    whole["warnings"] = warnings(found.warnings)
    whole["passport"] = passport
    return DesignReply(**whole)  # type: ignore[arg-type]  # the parts are the fields


def _top_up(found: core.TopUp | None) -> TopUp | None:
    if found is None:
        return None
    return TopUp(
        groups=[whole_group(g) for g in found.groups],
        n_human=int(found.n_human),
        n_llm_only=int(found.n_llm_only),
        cost=found.cost,
        standard_error_before=found.standard_error_before,
        standard_error=found.standard_error,
        standard_error_proportional=found.standard_error_proportional,
    )
